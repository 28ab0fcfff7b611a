INSERT INTO variable (instance, scope, name, value)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bytea[])
ON CONFLICT (instance, scope, name) DO UPDATE SET value = excluded.value
