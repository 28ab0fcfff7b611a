DELETE FROM timer
USING unnest($1::uuid[], $2::bigint[], $3::integer[]) AS over (instance, key, target)
WHERE timer.instance = over.instance AND timer.key = over.key AND timer.target = over.target
