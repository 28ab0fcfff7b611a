-- The version is fenced by the update of the same transaction.
UPDATE instance
SET definition = migrated.definition
FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[]) AS migrated (id, seq, former, definition)
WHERE instance.id = migrated.id
