SELECT key, tenant, process_id, version, name, is_executable, deployment, file_name, source, digest, deployed_at
FROM definition
WHERE tenant = $1::text AND process_id = $2::text
ORDER BY version DESC
LIMIT 1
