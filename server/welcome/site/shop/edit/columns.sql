{{! One row without values, so that the names of a track's columns can be asked for. }}
SELECT Track.* FROM (SELECT 1 AS one) AS one_row LEFT JOIN Track ON 1 = 0
