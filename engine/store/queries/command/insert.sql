-- The replica that writes them also delivers them; others look after ten seconds.
INSERT INTO command (id, tenant, instance, payload, claim_at)
SELECT id, tenant, instance, payload, statement_timestamp() + interval '10 seconds'
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bytea[]) AS command (id, tenant, instance, payload)
