-- Of one batch, to do; they come again after ten seconds, should this replica die with them.
UPDATE batch_item
SET claim_at = statement_timestamp() + interval '10 seconds'
FROM (
    SELECT instance
    FROM batch_item
    WHERE batch = $1::uuid AND state = 0 AND claim_at <= statement_timestamp()
    ORDER BY claim_at
    LIMIT $2::bigint
    FOR UPDATE SKIP LOCKED
) AS claimed
WHERE batch_item.batch = $1::uuid AND batch_item.instance = claimed.instance
RETURNING batch_item.instance
