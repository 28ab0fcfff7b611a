SELECT key
FROM definition
WHERE tenant = $1::text AND process_id = $2::text
ORDER BY version DESC
LIMIT 1
