INSERT INTO job (instance, key, attempt, tenant, type, created_at, published_at)
SELECT instance, key, attempt, tenant, type, created_at, created_at
FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::text[], $5::text[], $6::timestamptz[])
    AS job (instance, key, attempt, tenant, type, created_at)
ON CONFLICT (instance, key) DO UPDATE
SET attempt = excluded.attempt, created_at = excluded.created_at, publish_no = 1, published_at = excluded.published_at,
    lease_until = NULL
