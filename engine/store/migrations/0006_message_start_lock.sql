-- Which instance a message with a correlation key has started: while it is active, no other instance of the process is
-- started by a message of that name and key.
CREATE TABLE message_start_lock (
    tenant text NOT NULL CHECK (tenant <> ''),
    message_name text NOT NULL,
    correlation_key text NOT NULL CHECK (correlation_key <> ''),
    process_id text NOT NULL,
    instance uuid NOT NULL UNIQUE,
    locked_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, message_name, correlation_key, process_id)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX message_start_lock_age ON message_start_lock (locked_at);
