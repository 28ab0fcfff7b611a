DELETE FROM suspended_instance WHERE instance = ANY ($1::uuid[])
