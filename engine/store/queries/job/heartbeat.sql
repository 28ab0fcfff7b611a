-- Answers with the ones that are still wanted.
UPDATE job
SET lease_until = statement_timestamp() + $3::bigint * interval '1 millisecond'
FROM unnest($1::uuid[], $2::bigint[]) AS held (instance, key)
WHERE job.instance = held.instance AND job.key = held.key
RETURNING job.instance, job.key
