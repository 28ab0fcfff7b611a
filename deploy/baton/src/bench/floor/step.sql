-- A batch of steps in one statement: the first ($2 = 1) insert their instance, later ones move it on and delete the job that was
-- done; all but the last ($2 > $3) insert the next job; each is told in the history.
WITH step AS (
    SELECT * FROM unnest($1::bigint[], $2::integer[], $3::integer[]) AS step (instance, number, tasks)
), started AS (
    INSERT INTO floor.instance (id, step, state) SELECT instance, number, $4::bytea FROM step WHERE number = 1
), moved AS (
    UPDATE floor.instance SET step = step.number, state = $4::bytea
    FROM step WHERE instance.id = step.instance AND instance.step = step.number - 1
), done AS (
    DELETE FROM floor.job USING step WHERE job.instance = step.instance AND job.step = step.number - 1
), told AS (
    INSERT INTO floor.history (instance, step, at, event) SELECT instance, number, statement_timestamp(), $4::bytea FROM step
)
INSERT INTO floor.job (instance, step, type, published_at)
SELECT instance, number, 'bench', statement_timestamp() FROM step WHERE number <= tasks
