-- With rows that are to be sealed.
SELECT DISTINCT tenant FROM audit_unsealed
