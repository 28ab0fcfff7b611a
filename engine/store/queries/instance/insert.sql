INSERT INTO instance (id, tenant, definition, state, version, control, business_key, parent, traceparent, created_at, ended_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::smallint[], $5::bigint[], $6::bytea[], $7::text[], $8::uuid[],
    $9::text[], $10::timestamptz[], $11::timestamptz[])
