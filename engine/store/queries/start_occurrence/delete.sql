DELETE FROM start_occurrence
WHERE tenant = $1::text AND process_id = $2::text AND element_id = $3::text AND id = ANY ($4::uuid[])
