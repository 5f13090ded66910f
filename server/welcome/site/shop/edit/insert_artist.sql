INSERT INTO Artist
WITH artists (id, title) AS (SELECT * FROM Artist)
SELECT COALESCE(MAX(id), 0) + 1, {{sqlvar title}} FROM artists;

WITH artists (id, title) AS (SELECT * FROM Artist)
SELECT MAX(id) AS id FROM artists
