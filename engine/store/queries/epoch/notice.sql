-- Another one begins when Postgres says that this is another life.
UPDATE epoch
SET id = gen_random_uuid(), life = now_is.life, since = clock_timestamp()
FROM (SELECT life_of_database() AS life) AS now_is
WHERE epoch.single = true AND now_is.life <> '' AND epoch.life <> now_is.life
