SELECT id FROM epoch WHERE only = true
