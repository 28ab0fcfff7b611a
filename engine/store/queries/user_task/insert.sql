INSERT INTO user_task (instance, key, tenant, definition, element, task, assignee, candidate_users, candidate_groups, due, created_at)
SELECT instance, key, tenant, definition, element, task, assignee,
    string_to_array(candidate_users, E'\x1f'), string_to_array(candidate_groups, E'\x1f'), due, created_at
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::integer[], $6::bytea[], $7::text[], $8::text[], $9::text[],
    $10::timestamptz[], $11::timestamptz[])
    AS task (instance, key, tenant, definition, element, task, assignee, candidate_users, candidate_groups, due, created_at)
ON CONFLICT (instance, key) DO UPDATE
SET task = excluded.task, assignee = excluded.assignee, candidate_users = excluded.candidate_users,
    candidate_groups = excluded.candidate_groups, due = excluded.due, state = 0, claimed_by = NULL
