WITH artists (id, title) AS (SELECT * FROM Artist)
SELECT id, title FROM artists
WHERE {{sqltest words column="LOWER(title)" op="contains"}}
ORDER BY LOWER(title), id
