SELECT DISTINCT instance
FROM signal_subscription
WHERE tenant = $1::text AND signal_name = $2::text
ORDER BY instance
