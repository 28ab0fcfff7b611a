-- Which life of the database this is: another one after every restore of an older backup and every failover. Jobs carry it, and
-- results of another epoch are not applied: keys may since have been given to something else.
CREATE TABLE epoch (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    id uuid NOT NULL,
    -- As `life_of_database` said when it began.
    life text NOT NULL,
    since timestamptz NOT NULL
);

-- The cluster and its timeline, which changes with every recovery to a point in time and every promotion of a standby. Nothing
-- where Postgres does not tell.
CREATE FUNCTION life_of_database() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT system_identifier FROM pg_control_system())::text || '/'
        || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8);
EXCEPTION WHEN OTHERS THEN
    RETURN '';
END $$;

INSERT INTO epoch (id, life, since) VALUES (gen_random_uuid(), life_of_database(), now());
