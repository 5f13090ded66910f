WITH tracks (id, title, album_id, media_type_id, genre_id, composer, milliseconds, bytes, price)
    AS (SELECT * FROM Track),
  genres (id, title) AS (SELECT * FROM Genre)
SELECT tracks.id, tracks.title, tracks.composer, tracks.milliseconds, tracks.price,
  genres.title AS genre
FROM tracks LEFT JOIN genres ON genres.id = tracks.genre_id
WHERE {{sqltest album column="tracks.album_id"}}
ORDER BY tracks.id
