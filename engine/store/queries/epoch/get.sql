SELECT id FROM epoch WHERE single = true
