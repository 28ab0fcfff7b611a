DELETE FROM suspension
WHERE tenant = $1::text AND kind = $2::text AND name = $3::text AND version = $4::integer
