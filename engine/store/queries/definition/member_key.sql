-- The newest deployment that `definition` $2 belongs to decides; the others of that deployment are its company.
SELECT member.definition
FROM deployment_member AS member
WHERE member.tenant = $1::text
  AND member.deployment = (SELECT deployment FROM definition WHERE key = $2::uuid)
  AND member.process_id = $3::text
