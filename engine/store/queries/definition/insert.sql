INSERT INTO definition (key, tenant, process_id, version, name, is_executable, deployment, file_name, source, digest, deployed_at)
VALUES ($1::uuid, $2::text, $3::text, $4::integer, $5::text, $6::boolean, $7::uuid, $8::text, $9::text, $10::bytea, $11::timestamptz)
