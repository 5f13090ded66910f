{{#let track=(lookup (columns) 0)}}
SELECT COUNT(*) AS sales FROM {{#if (in "track_id" track.names)}}
  invoice_line WHERE {{sqltest id column="track_id"}}
{{else}}
  InvoiceLine WHERE {{sqltest id column="TrackId"}}
{{/if}}
{{/let}}
