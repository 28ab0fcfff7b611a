-- What has ended stays so.
UPDATE batch
SET state = $3::text, ended_at = CASE WHEN $3::text = 'canceled' THEN statement_timestamp() END
WHERE id = $2::uuid AND tenant = $1::text AND state IN ('running', 'paused')
