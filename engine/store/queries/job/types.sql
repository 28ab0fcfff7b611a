-- Every type that has an unanswered job and how many, by one step of the index for each type.
WITH RECURSIVE types AS (
    (SELECT type FROM job ORDER BY type LIMIT 1)
    UNION ALL
    SELECT (SELECT job.type FROM job WHERE job.type > types.type ORDER BY job.type LIMIT 1)
    FROM types WHERE types.type IS NOT NULL
)
SELECT type FROM types WHERE type IS NOT NULL
