-- Rows without a seal, and whether they wait for one.
SELECT at, id, EXISTS (
    SELECT FROM audit_unsealed AS waits WHERE waits.tenant = audit.tenant AND waits.at = audit.at AND waits.id = audit.id)
FROM audit
WHERE tenant = $1::text AND NOT EXISTS (
    SELECT FROM audit_seal AS seal WHERE seal.tenant = audit.tenant AND seal.at = audit.at AND seal.id = audit.id)
ORDER BY at, id
LIMIT $2::bigint
