-- Publishing and subscribing under one name and key exclude each other until the commit, so neither misses the other.
SELECT pg_advisory_xact_lock(hash)
FROM unnest($1::bigint[]) AS hash
ORDER BY hash
