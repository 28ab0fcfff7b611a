-- Names of the weeks that ended before $1.
SELECT child.relname::text
FROM pg_inherits
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
WHERE pg_inherits.inhparent = 'history'::regclass
  AND child.relname ~ '^history_[0-9]{8}$'
  AND to_date(right(child.relname::text, 8), 'YYYYMMDD') + 7 < $1::timestamptz
