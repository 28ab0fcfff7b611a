-- The next time of one that has fired.
UPDATE timer_start
SET due = $4::timestamptz, repetitions_left = $5::bigint
WHERE tenant = $1::text AND process_id = $2::text AND element_id = $3::text
