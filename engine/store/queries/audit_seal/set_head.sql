UPDATE audit_head SET number = $2::bigint, hash = $3::bytea WHERE tenant = $1::text
