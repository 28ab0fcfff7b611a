-- Who listens to which signal. Nothing is consumed: a signal goes to all of them.
CREATE TABLE signal_subscription (
    instance uuid NOT NULL,
    key bigint NOT NULL,
    target integer NOT NULL CHECK (target >= 0),
    tenant text NOT NULL CHECK (tenant <> ''),
    signal_name text NOT NULL,
    PRIMARY KEY (instance, key, target)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX signal_subscription_listeners ON signal_subscription (tenant, signal_name, instance);

-- The signal start events of the latest version of each process.
CREATE TABLE signal_start (
    tenant text NOT NULL CHECK (tenant <> ''),
    signal_name text NOT NULL,
    process_id text NOT NULL,
    element_id text NOT NULL,
    definition uuid NOT NULL REFERENCES definition,
    PRIMARY KEY (tenant, signal_name, process_id, element_id)
);
CREATE INDEX signal_start_process ON signal_start (tenant, process_id);
