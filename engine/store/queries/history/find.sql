-- Was this step committed?
SELECT events
FROM history
WHERE instance = $1::uuid AND first_seq = $2::bigint
