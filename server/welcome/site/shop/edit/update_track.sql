{{#let track=(lookup (columns) 0)}}
{{#if (in "track_id" track.names)}}
UPDATE track SET name = {{sqlvar title}}, composer = {{sqlvar composer optional=true}},
  milliseconds = {{sqlvar milliseconds}}, unit_price = CAST({{sqlvar price}} AS DECIMAL(10,2))
WHERE {{sqltest id column="track_id"}}
{{else}}
UPDATE Track SET Name = {{sqlvar title}}, Composer = {{sqlvar composer optional=true}},
  Milliseconds = {{sqlvar milliseconds}}, UnitPrice = CAST({{sqlvar price}} AS DECIMAL(10,2))
WHERE {{sqltest id column="TrackId"}}
{{/if}}
{{/let}}
