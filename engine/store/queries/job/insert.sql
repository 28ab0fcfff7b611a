INSERT INTO job (instance, key, attempt, tenant, type, created_at, published_at)
SELECT instance, key, attempt, tenant, type, created_at, created_at
FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::text[], $5::text[], $6::timestamptz[])
    AS job (instance, key, attempt, tenant, type, created_at)
