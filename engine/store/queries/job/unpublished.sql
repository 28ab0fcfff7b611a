-- Their publishing has failed: the reconciler takes them first.
UPDATE job
SET published_at = '-infinity'
FROM unnest($1::uuid[], $2::bigint[], $3::integer[]) AS failed (instance, key, attempt)
WHERE job.instance = failed.instance AND job.key = failed.key AND job.attempt = failed.attempt
