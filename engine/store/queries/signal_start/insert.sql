INSERT INTO signal_start (tenant, signal_name, process_id, element_id, definition)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::uuid)
ON CONFLICT DO NOTHING
