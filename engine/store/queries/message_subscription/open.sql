INSERT INTO message_subscription (instance, key, target, tenant, process_id, message_name, correlation_key, opened_at)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
ON CONFLICT (instance, key, target) DO UPDATE
SET message_name = excluded.message_name, correlation_key = excluded.correlation_key, opened_at = excluded.opened_at, taken = false
