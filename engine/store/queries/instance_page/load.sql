SELECT instance, content
FROM instance_page
WHERE instance = ANY ($1::uuid[])
