SELECT tenant FROM audit_head ORDER BY tenant
