DELETE FROM message_start_lock
WHERE instance = ANY ($1::uuid[])
RETURNING tenant, message_name, correlation_key, process_id
