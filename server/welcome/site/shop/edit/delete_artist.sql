{{#let track=(lookup (columns) 0)}}
DELETE FROM Artist
WHERE
{{#if (in "track_id" track.names)}}
  {{sqltest id column="artist_id"}}
{{else}}
  {{sqltest id column="ArtistId"}}
{{/if}}
{{/let}}
