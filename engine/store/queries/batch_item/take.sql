-- Those that are still to be done; who has them decides what becomes of them, in the same transaction.
SELECT batch_item.batch, batch_item.instance
FROM unnest($1::uuid[], $2::uuid[]) AS wanted (batch, instance)
JOIN batch_item ON batch_item.batch = wanted.batch AND batch_item.instance = wanted.instance AND batch_item.state = 0
JOIN batch ON batch.id = batch_item.batch AND batch.state = 'running'
ORDER BY batch_item.batch, batch_item.instance
FOR UPDATE OF batch_item
