DELETE FROM instance_page
USING unnest($1::uuid[], $2::bigint[]) AS ended (instance, number)
WHERE instance_page.instance = ended.instance AND instance_page.number = ended.number
