SELECT key
FROM decision
WHERE tenant = $1::text AND decision_id = $2::text
ORDER BY version DESC
LIMIT 1
