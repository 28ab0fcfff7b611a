SELECT key, tenant, process_id, version, name, is_executable, deployment, file_name, source, digest, deployed_at
FROM definition
WHERE key = $1::uuid
