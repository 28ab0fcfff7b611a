INSERT INTO instance_page (instance, number, content)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bytea[])
ON CONFLICT (instance, number) DO UPDATE SET content = excluded.content
