INSERT INTO Album
WITH albums (id, title, artist_id) AS (SELECT * FROM Album)
SELECT COALESCE(MAX(id), 0) + 1, {{sqlvar title}}, CAST({{sqlvar artist}} AS DECIMAL(10)) FROM albums;

WITH albums (id, title, artist_id) AS (SELECT * FROM Album)
SELECT MAX(id) AS id FROM albums
