WITH artists (id, title) AS (SELECT * FROM Artist),
  albums (id, title, artist_id) AS (SELECT * FROM Album)
SELECT albums.id, albums.title, artists.title AS artist_title
FROM albums JOIN artists ON artists.id = albums.artist_id
WHERE {{sqltest words column="LOWER(albums.title)" op="contains"}}
ORDER BY LOWER(albums.title), albums.id
