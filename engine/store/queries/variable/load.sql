SELECT instance, scope, name, value
FROM variable
WHERE instance = ANY ($1::uuid[])
