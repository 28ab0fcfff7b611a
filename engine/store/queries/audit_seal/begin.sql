INSERT INTO audit_head (tenant, number, hash) VALUES ($1::text, 0, '') ON CONFLICT DO NOTHING
