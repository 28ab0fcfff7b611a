-- Left over ones, oldest first.
UPDATE command
SET claim_at = statement_timestamp() + interval '10 seconds'
FROM (
    SELECT id FROM command WHERE claim_at <= statement_timestamp() ORDER BY claim_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED
) AS left_over
WHERE command.id = left_over.id
RETURNING command.id, command.tenant, command.instance, command.payload
