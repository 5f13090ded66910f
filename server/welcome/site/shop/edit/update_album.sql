{{#let track=(lookup (columns) 0)}}
UPDATE Album SET Title = {{sqlvar title}}
WHERE
{{#if (in "track_id" track.names)}}
  {{sqltest id column="album_id"}}
{{else}}
  {{sqltest id column="AlbumId"}}
{{/if}}
{{/let}}
