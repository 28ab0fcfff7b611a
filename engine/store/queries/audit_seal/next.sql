-- The oldest rows that are to be sealed.
SELECT audit.at, audit.id, by, operation, instance, subject, arguments, outcome, message
FROM audit_unsealed JOIN audit USING (tenant, at, id)
WHERE audit_unsealed.tenant = $1::text
ORDER BY audit_unsealed.at, audit_unsealed.id
LIMIT $2::bigint
