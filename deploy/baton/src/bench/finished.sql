-- $3 instances of ten tasks that have ended, with their variables and the eleven rows of their history.
WITH ended AS (
    INSERT INTO instance
        (id, tenant, definition, state, version, control, business_key, parent, traceparent, created_at, ended_at)
    SELECT gen_random_uuid(), $1::text, definition.key, 1, 77, decode(repeat('00', 8), 'hex'), NULL, NULL, '',
        now() - number * interval '1 millisecond', now()
    FROM (SELECT key FROM definition WHERE tenant = $1::text AND process_id = $2::text ORDER BY version DESC LIMIT 1) AS definition,
        generate_series(1, $3::bigint) AS number
    RETURNING id
), variables AS (
    INSERT INTO variable (instance, scope, name, value)
    SELECT id, 0, name, '12.5' FROM ended, unnest(ARRAY['orderId', 'customer', 'amount', 'result']) AS name
)
INSERT INTO history (instance, first_seq, last_seq, at, events)
SELECT id, step * 7 + 1, step * 7 + 7, now(), decode(repeat('07', 180), 'hex') FROM ended, generate_series(0, 10) AS step
