-- One that has fired for the last time.
DELETE FROM timer_start
WHERE tenant = $1::text AND process_id = $2::text AND element_id = $3::text
