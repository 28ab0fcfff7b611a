-- Deployed decisions: one row per version of each, with the whole file it came from, as with processes.
CREATE TABLE decision (
    key uuid PRIMARY KEY,
    tenant text NOT NULL CHECK (tenant <> ''),
    decision_id text NOT NULL CHECK (decision_id <> ''),
    version integer NOT NULL CHECK (version > 0),
    name text NOT NULL,
    deployment uuid NOT NULL,
    file_name text NOT NULL,
    source text NOT NULL,
    digest bytea NOT NULL,
    deployed_at timestamptz NOT NULL,
    UNIQUE (tenant, decision_id, version)
);

-- Which version of a decision belongs to a deployment: what `binding: deployment` of a business rule task means.
CREATE TABLE decision_member (
    tenant text NOT NULL CHECK (tenant <> ''),
    deployment uuid NOT NULL,
    decision_id text NOT NULL,
    decision uuid NOT NULL REFERENCES decision,
    PRIMARY KEY (tenant, deployment, decision_id)
);
