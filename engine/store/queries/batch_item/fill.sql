-- The active instances that the filter names, in the order of their ids, from the one after $9 on: the last of them, and how many.
WITH chosen AS (
    SELECT instance.id
    FROM instance
    WHERE instance.tenant = $2::text AND instance.state = 0 AND instance.id > $9::uuid
      AND ($3::text IS NULL OR instance.definition IN (
          SELECT key FROM definition
          WHERE definition.tenant = $2::text AND definition.process_id = $3::text
            AND ($4::integer IS NULL OR definition.version = $4::integer)))
      AND ($5::text IS NULL OR EXISTS (
          SELECT FROM incident WHERE incident.instance = instance.id AND ($5::text = '' OR incident.code = $5::text)))
      AND ($6::boolean IS NULL
          OR $6::boolean = EXISTS (SELECT FROM suspended_instance WHERE suspended_instance.instance = instance.id))
      AND ($7::uuid[] IS NULL OR instance.id = ANY ($7::uuid[]))
    ORDER BY instance.id
    LIMIT $8::bigint
), filled AS (
    INSERT INTO batch_item (batch, instance, claim_at)
    SELECT $1::uuid, id, statement_timestamp() FROM chosen
    RETURNING instance
)
SELECT (SELECT instance FROM filled ORDER BY instance DESC LIMIT 1) AS last, (SELECT count(*) FROM filled) AS filled
