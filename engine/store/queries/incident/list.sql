-- Newest first, from the row after the cursor ($4, $5, $6) on.
SELECT instance, incident, definition, element_instance, element, code, message, raised_at
FROM incident
WHERE tenant = $1::text
  AND ($2::uuid IS NULL OR instance = $2::uuid)
  AND ($3::text IS NULL OR definition IN (
      SELECT key FROM definition WHERE definition.tenant = $1::text AND definition.process_id = $3::text))
  AND (raised_at, instance, incident) < ($4::timestamptz, $5::uuid, $6::bigint)
ORDER BY raised_at DESC, instance DESC, incident DESC
LIMIT $7::bigint
