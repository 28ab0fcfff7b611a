UPDATE user_task
SET state = closed.state
FROM unnest($1::uuid[], $2::bigint[], $3::smallint[]) AS closed (instance, key, state)
WHERE user_task.instance = closed.instance AND user_task.key = closed.key AND user_task.state = 0
