-- Locked in id order, so that two batches never wait for each other.
SELECT id, tenant, definition, state, version, control, business_key, parent, traceparent
FROM instance
WHERE id = ANY ($1::uuid[])
ORDER BY id
FOR UPDATE
