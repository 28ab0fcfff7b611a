-- The first hundred.
SELECT instance, code, message FROM batch_item WHERE batch = $1::uuid AND state = 2 ORDER BY instance LIMIT 100
