-- Whoever deletes a due timer fires it; a timer that was set anew in the meantime is not due.
DELETE FROM timer
USING unnest($1::uuid[], $2::bigint[], $3::integer[]) AS fired (instance, key, target)
WHERE timer.instance = fired.instance AND timer.key = fired.key AND timer.target = fired.target
  AND timer.due <= statement_timestamp()
RETURNING timer.instance, timer.key, timer.target
