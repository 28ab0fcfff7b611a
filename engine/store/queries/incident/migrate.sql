-- Open ones stand at elements of the new version.
UPDATE incident
SET definition = moved.definition, element = moved.new
FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::uuid[]) AS moved (instance, old, new, definition)
WHERE incident.instance = moved.instance AND incident.element = moved.old AND incident.definition <> moved.definition
