INSERT INTO signal_subscription (instance, key, target, tenant, signal_name)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::text[], $5::text[])
ON CONFLICT (instance, key, target) DO UPDATE SET signal_name = excluded.signal_name
