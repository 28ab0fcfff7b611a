-- Takes the right to publish the next copy; whoever read the same `publish_no` gets nothing.
UPDATE job
SET publish_no = job.publish_no + 1, published_at = statement_timestamp(), lease_until = NULL
FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::integer[]) AS lost (instance, key, attempt, publish_no)
WHERE job.instance = lost.instance AND job.key = lost.key AND job.attempt = lost.attempt AND job.publish_no = lost.publish_no
RETURNING job.instance, job.key, job.attempt, job.publish_no
