INSERT INTO suspended_instance (instance) SELECT unnest($1::uuid[]) ON CONFLICT (instance) DO NOTHING
