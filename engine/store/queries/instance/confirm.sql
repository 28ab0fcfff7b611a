-- Those that are still at the version that is remembered.
SELECT instance.id
FROM unnest($1::uuid[], $2::bigint[]) AS remembered (id, version)
JOIN instance ON instance.id = remembered.id AND instance.version = remembered.version
