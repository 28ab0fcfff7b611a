INSERT INTO start_occurrence (tenant, process_id, element_id, id, part, correlation_key, variables, came_at)
VALUES ($1::text, $2::text, $3::text, $4::uuid, $5::text, $6::text, $7::bytea, statement_timestamp())
