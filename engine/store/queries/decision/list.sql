-- The latest version of each decision.
SELECT DISTINCT ON (decision_id) key, decision_id, version, name, deployed_at
FROM decision
WHERE tenant = $1::text
ORDER BY decision_id, version DESC
