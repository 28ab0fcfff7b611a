UPDATE batch_item
SET state = ended.state, code = ended.code, message = ended.message
FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::text[]) AS ended (batch, instance, state, code, message)
WHERE batch_item.batch = ended.batch AND batch_item.instance = ended.instance AND batch_item.state = 0
