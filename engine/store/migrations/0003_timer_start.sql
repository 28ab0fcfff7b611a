-- The timer start events of the latest version of each process, each with the next time that it starts an instance.
CREATE TABLE timer_start (
    tenant text NOT NULL CHECK (tenant <> ''),
    process_id text NOT NULL,
    element_id text NOT NULL,
    definition uuid NOT NULL REFERENCES definition,
    due timestamptz NOT NULL,
    -- After that one; none is without end.
    repetitions_left bigint CHECK (repetitions_left >= 0),
    PRIMARY KEY (tenant, process_id, element_id)
);
CREATE INDEX timer_start_due ON timer_start (due);
