-- The latest version of each process, with what runs in any of its versions.
WITH latest AS (
    SELECT DISTINCT ON (process_id) key, process_id, version, name, is_executable, deployed_at
    FROM definition
    WHERE tenant = $1::text
    ORDER BY process_id, version DESC
)
SELECT latest.key, latest.process_id, latest.version, latest.name, latest.is_executable, latest.deployed_at,
    (SELECT count(*) FROM definition AS any_version JOIN instance ON instance.definition = any_version.key AND instance.state = 0
     WHERE any_version.tenant = $1::text AND any_version.process_id = latest.process_id) AS active_instances,
    (SELECT count(*) FROM definition AS any_version JOIN incident ON incident.definition = any_version.key
     WHERE any_version.tenant = $1::text AND any_version.process_id = latest.process_id) AS open_incidents
FROM latest
ORDER BY latest.process_id
