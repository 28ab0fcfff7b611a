SELECT key
FROM definition
WHERE tenant = $1::text AND process_id = $2::text AND version = $3::integer
