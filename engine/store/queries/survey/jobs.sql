-- Open jobs by type, at most 200 types and 10,000 of each, and seconds since the oldest that no worker has was published.
WITH RECURSIVE types AS (
    (SELECT type, 1 AS number FROM job ORDER BY type LIMIT 1)
    UNION ALL
    SELECT (SELECT job.type FROM job WHERE job.type > types.type ORDER BY job.type LIMIT 1), number + 1
    FROM types WHERE types.type IS NOT NULL AND number < 200
)
SELECT type,
    (SELECT count(*) FROM (SELECT FROM job WHERE job.type = types.type ORDER BY published_at LIMIT 10000) AS open) AS open,
    coalesce((SELECT extract(epoch FROM statement_timestamp() - greatest(published_at, created_at))::float8 FROM job
        WHERE job.type = types.type AND (lease_until IS NULL OR lease_until < statement_timestamp())
        ORDER BY published_at LIMIT 1), 0) AS waits
FROM types WHERE type IS NOT NULL
