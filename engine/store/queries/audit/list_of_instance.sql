-- The same of one instance.
SELECT at, id, by, operation, instance, subject, arguments, outcome, message
FROM audit
WHERE tenant = $1::text AND instance = $2::uuid
  AND ($3::text IS NULL OR by = $3::text)
  AND ($4::text IS NULL OR operation = $4::text)
  AND at >= $5::timestamptz AND at < $6::timestamptz
  AND (at, id) < ($7::timestamptz, $8::uuid)
ORDER BY at DESC, id DESC
LIMIT $9::bigint
