SELECT element_id, definition
FROM signal_start
WHERE tenant = $1::text AND signal_name = $2::text
ORDER BY process_id, element_id
