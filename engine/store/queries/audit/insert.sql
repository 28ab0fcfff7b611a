INSERT INTO audit (tenant, at, id, by, operation, instance, subject, arguments, outcome, message)
SELECT tenant, statement_timestamp(), id, by, operation, instance, subject, arguments, outcome, message
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[])
    AS entry (tenant, id, by, operation, instance, subject, arguments, outcome, message)
