-- Open jobs of a tenant by type, at most 200 types and among the oldest 10,000 of each, and seconds since the oldest was made.
WITH RECURSIVE types AS (
    (SELECT type, 1 AS number FROM job ORDER BY type LIMIT 1)
    UNION ALL
    SELECT (SELECT job.type FROM job WHERE job.type > types.type ORDER BY job.type LIMIT 1), number + 1
    FROM types WHERE types.type IS NOT NULL AND number < 200
)
SELECT types.type, waiting.open, waiting.oldest
FROM types CROSS JOIN LATERAL (
    SELECT count(*) AS open, extract(epoch FROM statement_timestamp() - min(created_at))::float8 AS oldest
    FROM (SELECT tenant, created_at FROM job WHERE job.type = types.type ORDER BY published_at LIMIT 10000) AS oldest
    WHERE tenant = $1::text
) AS waiting
WHERE types.type IS NOT NULL AND waiting.open > 0
