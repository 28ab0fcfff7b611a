-- In order, from after $2 on; nothing beside a seal whose row is gone.
SELECT seal.at, seal.id, by, operation, instance, subject, arguments, outcome, message, seal.number, seal.previous, seal.hash
FROM audit_seal AS seal LEFT JOIN audit ON audit.tenant = seal.tenant AND audit.at = seal.at AND audit.id = seal.id
WHERE seal.tenant = $1::text AND seal.number > $2::bigint
ORDER BY seal.number
LIMIT $3::bigint
