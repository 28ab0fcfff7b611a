DELETE FROM incident
USING unnest($1::uuid[], $2::bigint[]) AS closed (instance, incident)
WHERE incident.instance = closed.instance AND incident.incident = closed.incident
