SELECT id, tenant, by, operation, filter, state, created_at, ended_at FROM batch WHERE id = $2::uuid AND tenant = $1::text
