{{! Columns are named here by their order: Chinook calls them ArtistId or artist_id. }}
WITH artists (id, title) AS (SELECT * FROM Artist),
  albums (id, title, artist_id) AS (SELECT * FROM Album)
SELECT artists.id, artists.title, COUNT(albums.id) AS album_count
FROM artists LEFT JOIN albums ON albums.artist_id = artists.id
GROUP BY artists.id, artists.title
ORDER BY LOWER(artists.title), artists.id
