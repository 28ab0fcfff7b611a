SELECT state, count(*) AS items FROM batch_item WHERE batch = $1::uuid GROUP BY state
