-- Open ones stand at elements of the new version.
UPDATE user_task
SET definition = moved.definition, element = moved.new
FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::uuid[]) AS moved (instance, old, new, definition)
WHERE user_task.instance = moved.instance AND user_task.element = moved.old AND user_task.state = 0 AND user_task.definition <> moved.definition
