-- Whoever deletes a command obeys it, in the same transaction; not before those that come before it. Who is at one of those is
-- waited for.
WITH later AS MATERIALIZED (
    SELECT obeyed.id
    FROM unnest($1::uuid[], $2::uuid[]) AS obeyed (id, begin)
    JOIN command AS earlier ON earlier.id >= obeyed.begin AND earlier.id < obeyed.id
    WHERE earlier.id <> ALL ($1::uuid[])
    FOR KEY SHARE OF earlier
)
DELETE FROM command
USING unnest($1::uuid[]) AS obeyed (id)
WHERE command.id = obeyed.id AND command.id NOT IN (SELECT id FROM later)
RETURNING command.id
