-- Newest first, from the row after the cursor ($5, $6) on. State 5 stands for `has an open incident`, 6 for `is suspended`.
SELECT instance.id, instance.tenant, instance.definition, instance.state, instance.version, '\x'::bytea AS control,
    instance.business_key, instance.parent, instance.traceparent, instance.created_at, instance.ended_at,
    (SELECT count(*) FROM incident WHERE incident.instance = instance.id) AS open_incidents,
    EXISTS (SELECT FROM suspended_instance WHERE suspended_instance.instance = instance.id) AS suspended
FROM instance
WHERE instance.tenant = $1::text
  AND ($2::text IS NULL OR instance.definition IN (
      SELECT key FROM definition WHERE definition.tenant = $1::text AND definition.process_id = $2::text))
  AND ($3::smallint IS NULL OR instance.state = $3::smallint
      OR ($3::smallint = 5 AND EXISTS (SELECT FROM incident WHERE incident.instance = instance.id))
      OR ($3::smallint = 6 AND EXISTS (SELECT FROM suspended_instance WHERE suspended_instance.instance = instance.id)))
  AND ($4::text IS NULL OR instance.business_key = $4::text)
  AND (instance.created_at, instance.id) < ($5::timestamptz, $6::uuid)
ORDER BY instance.created_at DESC, instance.id DESC
LIMIT $7::bigint
