-- A row that is there, or is just being deleted, holds: who deletes it looks afterwards at the messages that wait.
INSERT INTO message_start_lock (tenant, message_name, correlation_key, process_id, instance, locked_at)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::uuid, statement_timestamp())
ON CONFLICT DO NOTHING
