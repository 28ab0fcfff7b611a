-- Suspended twice is suspended once.
INSERT INTO suspension (tenant, kind, name, version, since, by)
VALUES ($1::text, $2::text, $3::text, $4::integer, statement_timestamp(), $5::text)
ON CONFLICT (tenant, kind, name, version) DO NOTHING
