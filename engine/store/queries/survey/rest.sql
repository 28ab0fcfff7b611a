-- Open incidents and user tasks, and orders in the outbox, 10,000 of each at most; seconds by which the oldest order and the
-- earliest timer are late.
SELECT
    (SELECT count(*) FROM (SELECT FROM incident ORDER BY instance LIMIT 10000) AS open) AS incidents,
    (SELECT count(*) FROM (SELECT FROM command ORDER BY claim_at LIMIT 10000) AS open) AS orders,
    (SELECT greatest(0, coalesce(extract(epoch FROM statement_timestamp() - min(claim_at)), 0))::float8 FROM (
        SELECT claim_at FROM command ORDER BY claim_at LIMIT 1) AS first) AS orders_late,
    (SELECT greatest(0, coalesce(extract(epoch FROM statement_timestamp() - min(claim_at)), 0))::float8 FROM (
        SELECT claim_at FROM timer ORDER BY claim_at LIMIT 1) AS first) AS timers_late
