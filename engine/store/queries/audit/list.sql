-- Newest first, from the row after the cursor ($6, $7) on.
SELECT at, id, by, operation, instance, subject, arguments, outcome, message
FROM audit
WHERE tenant = $1::text
  AND ($2::text IS NULL OR by = $2::text)
  AND ($3::text IS NULL OR operation = $3::text)
  AND at >= $4::timestamptz AND at < $5::timestamptz
  AND (at, id) < ($6::timestamptz, $7::uuid)
ORDER BY at DESC, id DESC
LIMIT $8::bigint
