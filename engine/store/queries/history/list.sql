-- The batch that holds $2, and those after it.
SELECT first_seq, last_seq, events
FROM history
WHERE instance = $1::uuid
  AND first_seq >= coalesce(
      (SELECT max(first_seq) FROM history WHERE instance = $1::uuid AND first_seq <= $2::bigint), 0)
ORDER BY first_seq
LIMIT $3::bigint
