DELETE FROM command_id
WHERE (tenant, id) IN (SELECT tenant, id FROM command_id WHERE at < $1::timestamptz ORDER BY at LIMIT 1000 FOR UPDATE SKIP LOCKED)
