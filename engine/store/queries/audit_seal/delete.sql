DELETE FROM audit_unsealed
USING unnest($1::text[], $2::timestamptz[], $3::uuid[]) AS sealed (tenant, at, id)
WHERE audit_unsealed.tenant = sealed.tenant AND audit_unsealed.at = sealed.at AND audit_unsealed.id = sealed.id
