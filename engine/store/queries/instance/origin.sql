SELECT definition, traceparent
FROM instance
WHERE tenant = $1::text AND id = $2::uuid
