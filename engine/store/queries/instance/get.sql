SELECT id, tenant, definition, state, version, control, business_key, parent, traceparent, created_at, ended_at,
    (SELECT count(*) FROM incident WHERE incident.instance = instance.id) AS open_incidents
FROM instance
WHERE tenant = $1::text AND id = $2::uuid
