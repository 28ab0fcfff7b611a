SELECT seq, former FROM instance_migration WHERE instance = $1::uuid ORDER BY seq
