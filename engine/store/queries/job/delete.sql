DELETE FROM job
USING unnest($1::uuid[], $2::bigint[], $3::integer[]) AS done (instance, key, attempt)
WHERE job.instance = done.instance AND job.key = done.key AND job.attempt = done.attempt
RETURNING job.instance, job.key, job.attempt, job.type
