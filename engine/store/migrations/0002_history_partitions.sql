-- History is kept by the week: old weeks are dropped whole. Rows outside of every week go to `history_default`, so that a
-- missing partition loses nothing.
CREATE TABLE history_default PARTITION OF history DEFAULT;

CREATE FUNCTION ensure_history_partitions(from_time timestamptz, weeks integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    week date;
BEGIN
    FOR step IN 0..weeks LOOP
        week := date_trunc('week', from_time AT TIME ZONE 'UTC')::date + step * 7;
        IF to_regclass(format('history_%s', to_char(week, 'YYYYMMDD'))) IS NULL THEN
            BEGIN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF history FOR VALUES FROM (%L) TO (%L)',
                    'history_' || to_char(week, 'YYYYMMDD'), week::text || ' 00:00Z', (week + 7)::text || ' 00:00Z');
            EXCEPTION WHEN check_violation OR duplicate_table THEN
                NULL; -- the default partition has rows of that week already: they stay there
            END;
        END IF;
    END LOOP;
END $$;

SELECT ensure_history_partitions(now(), 4);
