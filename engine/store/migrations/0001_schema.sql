-- The tables of the engine. Two rules shape them:
-- a column that changes in every step stands in no index, so that updates stay on their page (HOT);
-- what works like a queue (job, timer, command, message_subscription) is deleted, not marked.
-- Rows that outsiders reach by a name or an id of theirs begin their key with the tenant. Rows of an instance (variable,
-- history, job, timer …) are keyed by its random id, and are reached only through the instance row, whose tenant is checked.

CREATE TABLE definition (
    key uuid PRIMARY KEY,
    tenant text NOT NULL CHECK (tenant <> ''),
    process_id text NOT NULL CHECK (process_id <> ''),
    version integer NOT NULL CHECK (version > 0),
    name text NOT NULL,
    is_executable boolean NOT NULL,
    deployment uuid NOT NULL,
    file_name text NOT NULL,
    source text NOT NULL,
    digest bytea NOT NULL,
    deployed_at timestamptz NOT NULL,
    UNIQUE (tenant, process_id, version)
);

-- Which version of a process belongs to a deployment: what `binding: deployment` means. A file that did not change keeps
-- its version and is a member of the new deployment all the same.
CREATE TABLE deployment_member (
    tenant text NOT NULL CHECK (tenant <> ''),
    deployment uuid NOT NULL,
    process_id text NOT NULL,
    definition uuid NOT NULL REFERENCES definition,
    PRIMARY KEY (tenant, deployment, process_id)
);

-- The message start events of the latest version of each process.
CREATE TABLE message_start (
    tenant text NOT NULL CHECK (tenant <> ''),
    message_name text NOT NULL,
    process_id text NOT NULL,
    element_id text NOT NULL,
    definition uuid NOT NULL REFERENCES definition,
    PRIMARY KEY (tenant, message_name, process_id, element_id)
);

CREATE TABLE instance (
    id uuid PRIMARY KEY,
    tenant text NOT NULL CHECK (tenant <> ''),
    definition uuid NOT NULL,
    -- 0 active, 1 completed, 2 terminated, 3 canceled, 4 failed
    state smallint NOT NULL CHECK (state BETWEEN 0 AND 4),
    -- The sequence number of its last event, and the fence of every update.
    version bigint NOT NULL CHECK (version > 0),
    control bytea NOT NULL,
    business_key text,
    parent uuid,
    traceparent text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((state = 0) = (ended_at IS NULL))
) WITH (fillfactor = 65, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX instance_newest ON instance (tenant, created_at DESC, id DESC);
CREATE INDEX instance_active ON instance (definition) WHERE state = 0;
CREATE INDEX instance_business_key ON instance (tenant, business_key) WHERE business_key IS NOT NULL;
CREATE INDEX instance_children ON instance (parent) WHERE parent IS NOT NULL;

CREATE TABLE variable (
    instance uuid NOT NULL,
    scope bigint NOT NULL CHECK (scope >= 0),
    name text NOT NULL,
    -- JSON, byte for byte as the instance holds it.
    value bytea NOT NULL,
    PRIMARY KEY (instance, scope, name)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE history (
    instance uuid NOT NULL,
    first_seq bigint NOT NULL CHECK (first_seq > 0),
    last_seq bigint NOT NULL CHECK (last_seq >= first_seq),
    at timestamptz NOT NULL,
    events bytea NOT NULL,
    PRIMARY KEY (instance, first_seq, at)
) PARTITION BY RANGE (at);

CREATE TABLE job (
    instance uuid NOT NULL,
    key bigint NOT NULL,
    -- The fencing token.
    attempt integer NOT NULL CHECK (attempt > 0),
    tenant text NOT NULL CHECK (tenant <> ''),
    type text NOT NULL,
    created_at timestamptz NOT NULL,
    -- Counts the publishings of this attempt; part of the message id.
    publish_no integer NOT NULL DEFAULT 1 CHECK (publish_no > 0),
    -- '-infinity' when the publishing is known to have failed.
    published_at timestamptz NOT NULL,
    -- Until then a worker has said that it works on it.
    lease_until timestamptz,
    PRIMARY KEY (instance, key)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX job_unanswered ON job (type, published_at);

CREATE TABLE timer (
    instance uuid NOT NULL,
    key bigint NOT NULL,
    -- The element that waits; -1 is the backoff of the element's job.
    target integer NOT NULL CHECK (target >= -1),
    due timestamptz NOT NULL,
    -- When it is looked at next: `due`, or later while a replica is at it.
    claim_at timestamptz NOT NULL CHECK (claim_at >= due),
    PRIMARY KEY (instance, key, target)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX timer_claim ON timer (claim_at);

CREATE TABLE message_subscription (
    instance uuid NOT NULL,
    key bigint NOT NULL,
    target integer NOT NULL CHECK (target >= 0),
    tenant text NOT NULL CHECK (tenant <> ''),
    process_id text NOT NULL,
    message_name text NOT NULL,
    correlation_key text NOT NULL,
    opened_at timestamptz NOT NULL,
    -- A message is on its way to it.
    taken boolean NOT NULL DEFAULT false,
    PRIMARY KEY (instance, key, target)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX message_subscription_open
    ON message_subscription (tenant, message_name, correlation_key, process_id, opened_at) WHERE NOT taken;

-- Messages that wait for a subscription until they expire.
CREATE TABLE message (
    tenant text NOT NULL CHECK (tenant <> ''),
    id uuid NOT NULL,
    name text NOT NULL,
    correlation_key text NOT NULL,
    variables bytea NOT NULL,
    published_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > published_at),
    -- Processes that have got it: one message, one instance of each process.
    correlated text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant, id)
);
CREATE INDEX message_waiting ON message (tenant, name, correlation_key, published_at);
CREATE INDEX message_expiry ON message (expires_at);

CREATE TABLE user_task (
    instance uuid NOT NULL,
    key bigint NOT NULL,
    tenant text NOT NULL CHECK (tenant <> ''),
    definition uuid NOT NULL,
    element integer NOT NULL,
    -- proto UserTask; the columns below repeat what is searched by.
    task bytea NOT NULL,
    assignee text,
    candidate_users text[] NOT NULL,
    candidate_groups text[] NOT NULL,
    due timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    -- 0 open, 1 completed, 2 canceled
    state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
    claimed_by text CHECK (claimed_by <> ''),
    PRIMARY KEY (instance, key)
);
CREATE INDEX user_task_list ON user_task (tenant, state, due, instance, key);

-- Open ones only: what was resolved is in the history.
CREATE TABLE incident (
    instance uuid NOT NULL,
    incident bigint NOT NULL,
    tenant text NOT NULL CHECK (tenant <> ''),
    definition uuid NOT NULL,
    element_instance bigint NOT NULL,
    element integer NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    raised_at timestamptz NOT NULL,
    PRIMARY KEY (instance, incident)
);
CREATE INDEX incident_newest ON incident (tenant, raised_at DESC, instance, incident);
CREATE INDEX incident_of_definition ON incident (definition);

-- The outbox: commands from one instance to another, written by the step that orders them, deleted by the step that obeys.
CREATE TABLE command (
    id uuid PRIMARY KEY,
    tenant text NOT NULL CHECK (tenant <> ''),
    instance uuid NOT NULL,
    payload bytea NOT NULL,
    claim_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX command_claim ON command (claim_at);

-- What was answered to a command with an id, so that asking twice is asking once.
CREATE TABLE command_id (
    tenant text NOT NULL CHECK (tenant <> ''),
    id text NOT NULL CHECK (id <> ''),
    reply bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX command_id_age ON command_id (at);
