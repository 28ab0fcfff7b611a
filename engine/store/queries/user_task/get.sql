SELECT instance, key, definition, element, task, state, claimed_by, due, created_at
FROM user_task
WHERE tenant = $1::text AND instance = $2::uuid AND key = $3::bigint
