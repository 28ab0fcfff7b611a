INSERT INTO instance_migration (instance, seq, former)
SELECT instance, seq, former
FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[]) AS migrated (instance, seq, former, definition)
