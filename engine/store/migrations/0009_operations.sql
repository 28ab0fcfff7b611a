-- What people did to what runs, and with what outcome: one row for each command that was accepted, in its transaction, and one
-- for each that was refused by the instance. Rows are only ever added.
CREATE TABLE audit (
    tenant text NOT NULL CHECK (tenant <> ''),
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    -- Who, as the gateway knows him.
    by text NOT NULL,
    operation text NOT NULL,
    instance uuid,
    -- What else it was about: a process, a job type, a batch, a message.
    subject text NOT NULL,
    -- JSON
    arguments text NOT NULL,
    -- 'done', or the code of the refusal
    outcome text NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (tenant, at, id)
);
CREATE INDEX audit_instance ON audit (tenant, instance, at, id) WHERE instance IS NOT NULL;

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- Processes of which nothing new starts, and types of jobs that wait.
CREATE TABLE suspension (
    tenant text NOT NULL CHECK (tenant <> ''),
    kind text NOT NULL CHECK (kind IN ('process', 'jobType')),
    name text NOT NULL CHECK (name <> ''),
    -- Of a process; 0: all versions.
    version integer NOT NULL CHECK (version >= 0),
    since timestamptz NOT NULL,
    by text NOT NULL,
    PRIMARY KEY (tenant, kind, name, version)
);

-- Instances that are suspended: their state says it too, this is for lists.
CREATE TABLE suspended_instance (
    instance uuid PRIMARY KEY
);
