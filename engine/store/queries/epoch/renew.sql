UPDATE epoch SET id = gen_random_uuid(), life = life_of_database(), since = clock_timestamp() WHERE single = true
