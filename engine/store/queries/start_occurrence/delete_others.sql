-- Of a new latest version: what no start event of it waits for.
DELETE FROM start_occurrence
WHERE tenant = $1::text AND process_id = $2::text AND NOT (element_id = ANY ($3::text[]))
