SELECT id
FROM instance
WHERE tenant = $1::text AND parent = $2::uuid
ORDER BY created_at, id
LIMIT 1000
