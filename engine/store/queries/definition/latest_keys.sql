-- Of several processes at once, by their places in the arrays.
SELECT asked.place::bigint, latest.key
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (tenant, process_id, place)
CROSS JOIN LATERAL (
    SELECT key
    FROM definition
    WHERE definition.tenant = asked.tenant AND definition.process_id = asked.process_id
    ORDER BY version DESC
    LIMIT 1
) AS latest
