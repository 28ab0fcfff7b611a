-- Fenced by the version that the step began with: what does not come back was moved on by another replica.
-- The arrays are in id order, and so are the locks (the plan is pinned to a nested loop).
UPDATE instance
SET state = step.state, version = step.version, control = step.control, ended_at = step.ended_at
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::smallint[], $5::bytea[], $6::timestamptz[])
    AS step (id, old_version, version, state, control, ended_at)
WHERE instance.id = step.id AND instance.version = step.old_version
RETURNING instance.id
