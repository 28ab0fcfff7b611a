-- One start event of each process.
SELECT DISTINCT ON (process_id) process_id, element_id, definition
FROM message_start
WHERE tenant = $1::text AND message_name = $2::text
ORDER BY process_id, element_id
