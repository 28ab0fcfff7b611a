-- Newest first, from the row after the cursor ($2, $3) on.
SELECT id, tenant, by, operation, filter, state, created_at, ended_at
FROM batch
WHERE tenant = $1::text AND (created_at, id) < ($2::timestamptz, $3::uuid)
ORDER BY created_at DESC, id DESC
LIMIT $4::bigint
