WITH artists (id, title) AS (SELECT * FROM Artist),
  albums (id, title, artist_id) AS (SELECT * FROM Album),
  tracks (id, title, album_id, media_type_id, genre_id, composer, milliseconds, bytes, price)
    AS (SELECT * FROM Track)
SELECT tracks.id, tracks.title, albums.id AS album_id, albums.title AS album_title,
  artists.title AS artist_title
FROM tracks
  JOIN albums ON albums.id = tracks.album_id
  JOIN artists ON artists.id = albums.artist_id
WHERE {{sqltest words column="LOWER(tracks.title)" op="contains"}}
ORDER BY LOWER(tracks.title), tracks.id
