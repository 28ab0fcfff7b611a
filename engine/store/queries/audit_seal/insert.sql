INSERT INTO audit_seal (tenant, number, at, id, previous, hash)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::uuid[], $5::bytea[], $6::bytea[])
