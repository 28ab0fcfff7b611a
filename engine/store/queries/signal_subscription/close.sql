DELETE FROM signal_subscription
USING unnest($1::uuid[], $2::bigint[], $3::integer[]) AS closed (instance, key, target)
WHERE signal_subscription.instance = closed.instance AND signal_subscription.key = closed.key
  AND signal_subscription.target = closed.target
