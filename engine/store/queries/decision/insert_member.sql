INSERT INTO decision_member (tenant, deployment, decision_id, decision)
VALUES ($1::text, $2::uuid, $3::text, $4::uuid)
