INSERT INTO deployment_member (tenant, deployment, process_id, definition)
VALUES ($1::text, $2::uuid, $3::text, $4::uuid)
