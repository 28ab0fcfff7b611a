-- Those that this person may do, oldest due first, from the row after the cursor ($6, $7, $8) on.
SELECT instance, key, definition, element, task, state, claimed_by, due, created_at
FROM user_task
WHERE tenant = $1::text AND state = $2::smallint
  AND ($3::uuid IS NULL OR instance = $3::uuid)
  AND ($4::text IS NULL OR assignee = $4::text OR $4::text = ANY (candidate_users) OR candidate_groups && $5::text[]
      OR claimed_by = $4::text
      OR (assignee IS NULL AND candidate_users = '{}' AND candidate_groups = '{}'))
  AND (due, instance, key) > ($6::timestamptz, $7::uuid, $8::bigint)
ORDER BY due, instance, key
LIMIT $9::bigint
