-- Of one type, published before $2, oldest first, without a worker that says it is at it. Types that are suspended wait.
SELECT instance, key, attempt, tenant, publish_no
FROM job
WHERE type = $1::text AND published_at < $2::timestamptz AND (lease_until IS NULL OR lease_until < statement_timestamp())
  AND NOT EXISTS (
      SELECT FROM suspension
      WHERE suspension.tenant = job.tenant AND suspension.kind = 'jobType' AND suspension.name = job.type AND suspension.version = 0)
ORDER BY published_at
LIMIT $3::bigint
