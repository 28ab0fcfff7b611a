-- By which definition an instance went before the event of this number: what the elements of its older history mean.
CREATE TABLE instance_migration (
    instance uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    former uuid NOT NULL,
    PRIMARY KEY (instance, seq)
);
