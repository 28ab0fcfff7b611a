UPDATE message_subscription
SET taken = true
WHERE instance = $1::uuid AND key = $2::bigint AND target = $3::integer AND NOT taken
