SELECT key, tenant, decision_id, version, name, deployment, file_name, source, digest, deployed_at
FROM decision
WHERE key = $1::uuid
