SELECT command_id.tenant, command_id.id, command_id.reply
FROM unnest($1::text[], $2::text[]) AS asked (tenant, id)
JOIN command_id ON command_id.tenant = asked.tenant AND command_id.id = asked.id
