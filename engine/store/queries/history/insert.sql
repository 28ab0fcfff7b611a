INSERT INTO history (instance, first_seq, last_seq, at, events)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::bytea[])
