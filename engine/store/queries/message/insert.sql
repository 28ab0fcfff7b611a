INSERT INTO message (tenant, id, name, correlation_key, variables, published_at, expires_at, correlated)
VALUES ($1::text, $2::uuid, $3::text, $4::text, $5::bytea, statement_timestamp(),
    statement_timestamp() + $6::bigint * interval '1 millisecond', $7::text[])
