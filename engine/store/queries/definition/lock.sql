-- Deployments of one tenant follow one another, so that versions are counted without gaps.
SELECT pg_advisory_xact_lock(hashtextextended('deployment:' || $1::text, 0))
