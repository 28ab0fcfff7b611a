SELECT number, hash FROM audit_head WHERE tenant = $1::text
