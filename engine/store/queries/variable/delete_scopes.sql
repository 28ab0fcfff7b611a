DELETE FROM variable
USING unnest($1::uuid[], $2::bigint[]) AS ended (instance, scope)
WHERE variable.instance = ended.instance AND variable.scope = ended.scope
