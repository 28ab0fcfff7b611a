DELETE FROM message
WHERE (tenant, id) IN (
    SELECT tenant, id FROM message WHERE expires_at <= statement_timestamp() ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
