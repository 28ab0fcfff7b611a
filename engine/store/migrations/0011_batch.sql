-- One operation on many instances. What it is for is settled when it is made.
CREATE TABLE batch (
    id uuid PRIMARY KEY,
    tenant text NOT NULL CHECK (tenant <> ''),
    by text NOT NULL,
    -- JSON
    operation text NOT NULL,
    filter text NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'paused', 'canceled', 'completed')),
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((state IN ('canceled', 'completed')) = (ended_at IS NOT NULL))
);
CREATE INDEX batch_newest ON batch (tenant, created_at DESC, id DESC);
CREATE INDEX batch_running ON batch (id) WHERE state = 'running';

CREATE TABLE batch_item (
    batch uuid NOT NULL,
    instance uuid NOT NULL,
    -- 0 to do, 1 done, 2 refused, 3 skipped: it was not where the filter says any more
    state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    -- When it is looked at next, while a replica is at it.
    claim_at timestamptz NOT NULL,
    code text NOT NULL DEFAULT '',
    message text NOT NULL DEFAULT '',
    PRIMARY KEY (batch, instance)
);
CREATE INDEX batch_item_open ON batch_item (batch, claim_at) WHERE state = 0;
CREATE INDEX batch_item_refused ON batch_item (batch, instance) WHERE state = 2;
