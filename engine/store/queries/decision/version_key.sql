SELECT key
FROM decision
WHERE tenant = $1::text AND decision_id = $2::text AND version = $3::integer
