-- Parts of the control state of large instances (proto::StatePage). Whoever writes them holds the row of the instance.
CREATE TABLE instance_page (
    instance uuid NOT NULL,
    number bigint NOT NULL CHECK (number >= 0),
    content bytea NOT NULL,
    PRIMARY KEY (instance, number)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
