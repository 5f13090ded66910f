{{#unless (between id 0 2147483647)}}{{raise "NotFound" "Nothing in the shop has this number."}}{{/unless}}
WITH artists (id, title) AS (SELECT * FROM Artist),
  albums (id, title, artist_id) AS (SELECT * FROM Album)
SELECT albums.id, albums.title, artists.id AS artist_id, artists.title AS artist_title
FROM albums JOIN artists ON artists.id = albums.artist_id
WHERE {{sqltest id column="albums.id"}}
