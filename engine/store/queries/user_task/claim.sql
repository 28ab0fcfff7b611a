-- Free, or already theirs; an empty user gives it back.
UPDATE user_task
SET claimed_by = nullif($4::text, '')
WHERE tenant = $1::text AND instance = $2::uuid AND key = $3::bigint AND state = 0
  AND ($4::text = '' OR claimed_by IS NULL OR claimed_by = $4::text)
