-- Answers with the ones that are still wanted. A row that is locked is being answered just now: it needs no lease, and whoever
-- answers it does not wait for us, nor we for him.
WITH held AS MATERIALIZED (
    SELECT job.instance, job.key
    FROM unnest($1::uuid[], $2::bigint[]) AS asked (instance, key)
    JOIN job ON job.instance = asked.instance AND job.key = asked.key
), free AS MATERIALIZED (
    SELECT job.instance, job.key
    FROM held
    JOIN job ON job.instance = held.instance AND job.key = held.key
    FOR UPDATE OF job SKIP LOCKED
), leased AS (
    UPDATE job
    SET lease_until = statement_timestamp() + $3::bigint * interval '1 millisecond'
    FROM free
    WHERE job.instance = free.instance AND job.key = free.key
)
SELECT instance, key FROM held
