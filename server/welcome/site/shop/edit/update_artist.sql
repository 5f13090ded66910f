{{#let track=(lookup (columns) 0)}}
UPDATE Artist SET Name = {{sqlvar title}}
WHERE
{{#if (in "track_id" track.names)}}
  {{sqltest id column="artist_id"}}
{{else}}
  {{sqltest id column="ArtistId"}}
{{/if}}
{{/let}}
