INSERT INTO timer_start (tenant, process_id, element_id, definition, due, repetitions_left)
VALUES ($1::text, $2::text, $3::text, $4::uuid, $5::timestamptz, $6::bigint)
