SELECT key, tenant, decision_id, version, name, deployment, file_name, source, digest, deployed_at
FROM decision
WHERE tenant = $1::text AND decision_id = $2::text
ORDER BY version DESC
LIMIT 1
