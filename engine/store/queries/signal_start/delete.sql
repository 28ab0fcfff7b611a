DELETE FROM signal_start
WHERE tenant = $1::text AND process_id = $2::text
