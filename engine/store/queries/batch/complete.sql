UPDATE batch
SET state = 'completed', ended_at = statement_timestamp()
WHERE id = $1::uuid AND state = 'running'
  AND NOT EXISTS (SELECT FROM batch_item WHERE batch_item.batch = batch.id AND batch_item.state = 0)
