-- The deployment that brought the process $2 decides; what else it held is its company.
SELECT member.decision
FROM decision_member AS member
WHERE member.tenant = $1::text
  AND member.deployment = (SELECT deployment FROM definition WHERE key = $2::uuid)
  AND member.decision_id = $3::text
