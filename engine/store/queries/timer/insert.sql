INSERT INTO timer (instance, key, target, due, claim_at)
SELECT instance, key, target, due, due
FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::timestamptz[]) AS timer (instance, key, target, due)
ON CONFLICT (instance, key, target) DO UPDATE SET due = excluded.due, claim_at = excluded.claim_at
