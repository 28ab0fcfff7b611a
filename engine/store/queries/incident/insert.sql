INSERT INTO incident (instance, incident, tenant, definition, element_instance, element, code, message, raised_at)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::bigint[], $6::integer[], $7::text[], $8::text[],
    $9::timestamptz[])
