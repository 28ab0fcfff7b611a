INSERT INTO decision (key, tenant, decision_id, version, name, deployment, file_name, source, digest, deployed_at)
VALUES ($1::uuid, $2::text, $3::text, $4::integer, $5::text, $6::uuid, $7::text, $8::text, $9::bytea, $10::timestamptz)
