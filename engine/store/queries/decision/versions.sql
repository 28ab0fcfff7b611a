SELECT version
FROM decision
WHERE tenant = $1::text AND decision_id = $2::text
ORDER BY version
