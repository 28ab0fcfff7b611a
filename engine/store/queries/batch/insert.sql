INSERT INTO batch (id, tenant, by, operation, filter, created_at)
VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::text, statement_timestamp())
