DELETE FROM message_subscription
USING unnest($1::uuid[], $2::bigint[], $3::integer[]) AS closed (instance, key, target)
WHERE message_subscription.instance = closed.instance AND message_subscription.key = closed.key
  AND message_subscription.target = closed.target
