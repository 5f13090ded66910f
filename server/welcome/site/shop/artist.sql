{{#unless (between id 0 2147483647)}}{{raise "NotFound" "Nothing in the shop has this number."}}{{/unless}}
WITH artists (id, title) AS (SELECT * FROM Artist)
SELECT id, title FROM artists WHERE {{sqltest id}}
