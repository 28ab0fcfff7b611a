-- The oldest open subscription of each process gets the message. A locked row is being closed by its own instance, which
-- holds no advisory lock then: to wait for it could be a deadlock, so it counts as closed.
UPDATE message_subscription
SET taken = true
FROM (
    SELECT instance, key, target
    FROM message_subscription
    WHERE (instance, key, target) IN (
        SELECT DISTINCT ON (process_id) instance, key, target
        FROM message_subscription
        WHERE tenant = $1::text AND message_name = $2::text AND correlation_key = $3::text AND NOT taken
        ORDER BY process_id, opened_at, instance)
    FOR UPDATE SKIP LOCKED
) AS oldest
WHERE message_subscription.instance = oldest.instance AND message_subscription.key = oldest.key
  AND message_subscription.target = oldest.target
RETURNING message_subscription.instance, message_subscription.key, message_subscription.target, message_subscription.process_id
