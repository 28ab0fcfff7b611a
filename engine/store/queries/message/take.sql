-- The oldest message that waits under this name and key and that no instance of this process has got.
UPDATE message
SET correlated = correlated || $4::text
FROM (
    SELECT tenant, id
    FROM message
    WHERE tenant = $1::text AND name = $2::text AND correlation_key = $3::text
      AND expires_at > statement_timestamp() AND NOT ($4::text = ANY (correlated))
    ORDER BY published_at, id
    LIMIT 1
) AS oldest
WHERE message.tenant = oldest.tenant AND message.id = oldest.id
RETURNING message.id, message.variables
