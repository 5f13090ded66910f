{{#unless (between id 0 2147483647)}}{{raise "NotFound" "Nothing in the shop has this number."}}{{/unless}}
WITH artists (id, title) AS (SELECT * FROM Artist),
  albums (id, title, artist_id) AS (SELECT * FROM Album),
  tracks (id, title, album_id, media_type_id, genre_id, composer, milliseconds, bytes, price)
    AS (SELECT * FROM Track)
SELECT tracks.id, tracks.title, tracks.composer, tracks.milliseconds, tracks.price,
  albums.id AS album_id, albums.title AS album_title,
  artists.id AS artist_id, artists.title AS artist_title
FROM tracks
  JOIN albums ON albums.id = tracks.album_id
  JOIN artists ON artists.id = albums.artist_id
WHERE {{sqltest id column="tracks.id"}}
