-- The newest 50,000 instances that began since $2, by slots of $4 seconds of their beginning, and all of them together (no slot):
-- how many began, ended and failed, and what half and 95 % of those that completed took at most, in seconds.
SELECT floor(extract(epoch FROM newest.created_at - $2::timestamptz) / $4::float8)::bigint AS slot,
    count(*) AS started, count(newest.ended_at) AS ended, count(*) FILTER (WHERE newest.state = 4) AS failed,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY newest.took) AS half,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY newest.took) AS most
FROM (
    SELECT instance.state, instance.created_at, instance.ended_at,
        CASE WHEN instance.state IN (1, 2) THEN extract(epoch FROM instance.ended_at - instance.created_at)::float8 END AS took
    FROM instance
    WHERE instance.tenant = $1::text AND instance.created_at >= $2::timestamptz
      AND ($3::text IS NULL OR instance.definition IN (
          SELECT key FROM definition WHERE definition.tenant = $1::text AND definition.process_id = $3::text))
    ORDER BY instance.created_at DESC, instance.id DESC
    LIMIT 50000
) AS newest
GROUP BY GROUPING SETS ((slot), ())
ORDER BY slot NULLS FIRST
