-- Due ones, oldest first, locked until the commit; those that another replica is at are left to it.
SELECT tenant, process_id, element_id, definition, due, repetitions_left
FROM timer_start
WHERE due <= statement_timestamp()
ORDER BY due
LIMIT $1::bigint
FOR UPDATE SKIP LOCKED
