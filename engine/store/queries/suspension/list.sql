-- All of them: there are few. The bound makes the plan an index's.
SELECT tenant, kind, name, version, since, by FROM suspension WHERE tenant > '' ORDER BY tenant, kind, name, version
