-- Locks of instances that never came to be: an order to start one is obeyed within a day, or never.
DELETE FROM message_start_lock
WHERE locked_at < statement_timestamp() - interval '1 day'
  AND (SELECT state FROM instance WHERE instance.id = message_start_lock.instance) IS DISTINCT FROM 0
