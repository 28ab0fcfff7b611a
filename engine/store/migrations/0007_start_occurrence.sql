-- What has come for start events that start nothing before all that they wait for has come.
CREATE TABLE start_occurrence (
    tenant text NOT NULL CHECK (tenant <> ''),
    process_id text NOT NULL,
    element_id text NOT NULL,
    -- Version 7: rising with time.
    id uuid NOT NULL,
    -- Which of the things that the event waits for this is.
    part text NOT NULL,
    -- Of messages.
    correlation_key text,
    variables bytea NOT NULL,
    came_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, process_id, element_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
