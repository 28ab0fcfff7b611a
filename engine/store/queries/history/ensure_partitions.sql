SELECT ensure_history_partitions(statement_timestamp(), 4)
