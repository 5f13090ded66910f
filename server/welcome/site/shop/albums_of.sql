WITH albums (id, title, artist_id) AS (SELECT * FROM Album),
  tracks (id, title, album_id, media_type_id, genre_id, composer, milliseconds, bytes, price)
    AS (SELECT * FROM Track)
SELECT albums.id, albums.title, COUNT(tracks.id) AS track_count
FROM albums LEFT JOIN tracks ON tracks.album_id = albums.id
WHERE {{sqltest artist column="albums.artist_id"}}
GROUP BY albums.id, albums.title
ORDER BY LOWER(albums.title), albums.id
