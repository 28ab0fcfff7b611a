-- Oldest first; those of one correlation key, and those that have none.
SELECT id, part, correlation_key, variables
FROM start_occurrence
WHERE tenant = $1::text AND process_id = $2::text AND element_id = $3::text
  AND ($4::text IS NULL OR correlation_key IS NULL OR correlation_key = $4::text)
ORDER BY id
LIMIT $5::bigint
