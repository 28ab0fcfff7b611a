-- Of all tenants: the oldest first, since their ids grow.
SELECT id, tenant, by, operation, filter, state, created_at, ended_at FROM batch WHERE state = 'running' ORDER BY id LIMIT 100
