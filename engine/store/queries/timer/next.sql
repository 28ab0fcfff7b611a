-- Milliseconds until the earliest is due, and how many are late by more than a second.
SELECT (extract(epoch FROM (SELECT claim_at FROM timer ORDER BY claim_at LIMIT 1) - statement_timestamp()) * 1000)::bigint AS wait_ms,
    (SELECT count(*) FROM (
        SELECT FROM timer WHERE claim_at < statement_timestamp() - interval '1 second' ORDER BY claim_at LIMIT 10000) AS late) AS late
