-- Of all tenants, in the order of their ids, from after $1 on.
SELECT id, tenant
FROM instance
WHERE id > $1::uuid
ORDER BY id
LIMIT $2::bigint
