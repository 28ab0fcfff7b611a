SELECT id, tenant, definition, state, version, control, business_key, parent, traceparent, created_at, ended_at,
    (SELECT count(*) FROM incident WHERE incident.instance = instance.id) AS open_incidents,
    EXISTS (SELECT FROM suspended_instance WHERE suspended_instance.instance = instance.id) AS suspended,
    ARRAY(SELECT content FROM instance_page WHERE instance_page.instance = instance.id) AS pages
FROM instance
WHERE tenant = $1::text AND id = $2::uuid
