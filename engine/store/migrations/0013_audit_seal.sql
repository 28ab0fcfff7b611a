-- Each row of the audit log is sealed soon after its commit: it gets the next number of its tenant's chain, and a hash over itself
-- and the hash before it. Rows that wait for that are noted by a trigger, whoever inserts them.
CREATE TABLE audit_unsealed (
    tenant text NOT NULL,
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    PRIMARY KEY (tenant, at, id)
);
CREATE FUNCTION audit_is_to_be_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed (tenant, at, id) SELECT tenant, at, id FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_is_to_be_sealed AFTER INSERT ON audit REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_to_be_sealed();
INSERT INTO audit_unsealed (tenant, at, id) SELECT tenant, at, id FROM audit;

CREATE TABLE audit_seal (
    tenant text NOT NULL,
    -- From 1 on, without gaps.
    number bigint NOT NULL,
    -- The row of the audit log.
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    -- Of the number before; empty for the first.
    previous bytea NOT NULL,
    -- SHA-256
    hash bytea NOT NULL,
    PRIMARY KEY (tenant, number),
    UNIQUE (tenant, at, id)
);
CREATE TRIGGER audit_seal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- The last of each chain, and the lock of who adds to it.
CREATE TABLE audit_head (
    tenant text PRIMARY KEY,
    number bigint NOT NULL,
    hash bytea NOT NULL
);
