SELECT greatest(reltuples, 0)::bigint AS jobs FROM pg_class WHERE oid = 'job'::regclass
