INSERT INTO Track
WITH tracks (id, title, album_id, media_type_id, genre_id, composer, milliseconds, bytes, price)
    AS (SELECT * FROM Track)
SELECT COALESCE(MAX(id), 0) + 1, {{sqlvar title}}, CAST({{sqlvar album}} AS DECIMAL(10)),
  COALESCE(MIN(media_type_id), 1), NULL, {{sqlvar composer optional=true}},
  CAST({{sqlvar milliseconds}} AS DECIMAL(10)), NULL, CAST({{sqlvar price}} AS DECIMAL(10,2))
FROM tracks
