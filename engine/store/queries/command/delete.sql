-- Whoever deletes a command obeys it, in the same transaction.
DELETE FROM command
USING unnest($1::uuid[]) AS obeyed (id)
WHERE command.id = obeyed.id
RETURNING command.id
