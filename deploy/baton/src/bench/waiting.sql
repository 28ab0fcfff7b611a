-- $3 instances that wait for a message, and for a timer that is due in a year.
WITH begun AS (
    INSERT INTO instance
        (id, tenant, definition, state, version, control, business_key, parent, traceparent, created_at, ended_at)
    SELECT gen_random_uuid(), $1::text, definition.key, 0, 7, decode(repeat('00', 64), 'hex'), NULL, NULL, '',
        now() - number * interval '1 millisecond', NULL
    FROM (SELECT key FROM definition WHERE tenant = $1::text AND process_id = $2::text ORDER BY version DESC LIMIT 1) AS definition,
        generate_series(1, $3::bigint) AS number
    RETURNING id
), variables AS (
    INSERT INTO variable (instance, scope, name, value)
    SELECT id, 0, name, '12.5' FROM begun, unnest(ARRAY['orderId', 'customer', 'amount']) AS name
), history AS (
    INSERT INTO history (instance, first_seq, last_seq, at, events)
    SELECT id, 1, 7, now(), decode(repeat('07', 180), 'hex') FROM begun
), timers AS (
    INSERT INTO timer (instance, key, target, due, claim_at)
    SELECT id, 1, 1, now() + interval '1 year', now() + interval '1 year' FROM begun
)
INSERT INTO message_subscription
    (instance, key, target, tenant, process_id, message_name, correlation_key, opened_at)
SELECT id, 2, 2, $1::text, $2::text, 'bench-never', id::text, now() FROM begun
