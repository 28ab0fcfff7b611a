INSERT INTO command_id (tenant, id, reply, at)
SELECT tenant, id, reply, statement_timestamp()
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS command_id (tenant, id, reply)
