-- Due ones, oldest first. They come again after ten seconds, should this replica die with them.
UPDATE timer
SET claim_at = statement_timestamp() + interval '10 seconds'
FROM (
    SELECT instance, key, target
    FROM timer
    WHERE claim_at <= statement_timestamp()
    ORDER BY claim_at
    LIMIT $1::bigint
    FOR UPDATE SKIP LOCKED
) AS claimed
WHERE timer.instance = claimed.instance AND timer.key = claimed.key AND timer.target = claimed.target
RETURNING timer.instance, timer.key, timer.target, timer.due
