CREATE SCHEMA IF NOT EXISTS floor;
CREATE TABLE IF NOT EXISTS floor.instance (id bigint PRIMARY KEY, step integer NOT NULL, state bytea NOT NULL)
    WITH (fillfactor = 65, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE TABLE IF NOT EXISTS floor.job
    (instance bigint, step integer, type text NOT NULL, published_at timestamptz NOT NULL, PRIMARY KEY (instance, step))
    WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE TABLE IF NOT EXISTS floor.history (instance bigint NOT NULL, step integer NOT NULL, at timestamptz NOT NULL, event bytea NOT NULL);
