{{#let track=(lookup (columns) 0)}}
{{#if (in "track_id" track.names)}}
DELETE FROM playlist_track WHERE {{sqltest id column="track_id"}};
DELETE FROM track WHERE {{sqltest id column="track_id"}}
{{else}}
DELETE FROM PlaylistTrack WHERE {{sqltest id column="TrackId"}};
DELETE FROM Track WHERE {{sqltest id column="TrackId"}}
{{/if}}
{{/let}}
