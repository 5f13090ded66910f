-- The small catalogue of the shop: artists, albums and tracks that were made up for it. Tables and
-- columns are those of the Chinook database, as far as the shop knows them, so that the whole of it
-- can take their place. `node .ci/shop.mjs` makes shop.sqlite of this file.

CREATE TABLE Artist (
  ArtistId INTEGER NOT NULL PRIMARY KEY,
  Name NVARCHAR(120)
);
CREATE TABLE Album (
  AlbumId INTEGER NOT NULL PRIMARY KEY,
  Title NVARCHAR(160) NOT NULL,
  ArtistId INTEGER NOT NULL
);
CREATE TABLE Genre (
  GenreId INTEGER NOT NULL PRIMARY KEY,
  Name NVARCHAR(120)
);
CREATE TABLE MediaType (
  MediaTypeId INTEGER NOT NULL PRIMARY KEY,
  Name NVARCHAR(120)
);
CREATE TABLE Track (
  TrackId INTEGER NOT NULL PRIMARY KEY,
  Name NVARCHAR(200) NOT NULL,
  AlbumId INTEGER,
  MediaTypeId INTEGER NOT NULL,
  GenreId INTEGER,
  Composer NVARCHAR(220),
  Milliseconds INTEGER NOT NULL,
  Bytes INTEGER,
  UnitPrice NUMERIC(10,2) NOT NULL
);
CREATE TABLE Playlist (
  PlaylistId INTEGER NOT NULL PRIMARY KEY,
  Name NVARCHAR(120)
);
CREATE TABLE PlaylistTrack (
  PlaylistId INTEGER NOT NULL,
  TrackId INTEGER NOT NULL,
  PRIMARY KEY (PlaylistId, TrackId)
) WITHOUT ROWID;
CREATE TABLE InvoiceLine (
  InvoiceLineId INTEGER NOT NULL PRIMARY KEY,
  InvoiceId INTEGER NOT NULL,
  TrackId INTEGER NOT NULL,
  UnitPrice NUMERIC(10,2) NOT NULL,
  Quantity INTEGER NOT NULL
);
CREATE INDEX IFK_AlbumArtistId ON Album (ArtistId);
CREATE INDEX IFK_TrackAlbumId ON Track (AlbumId);
CREATE INDEX IFK_PlaylistTrackTrackId ON PlaylistTrack (TrackId);
CREATE INDEX IFK_InvoiceLineTrackId ON InvoiceLine (TrackId);

INSERT INTO Genre VALUES (1, 'Folk'), (2, 'Jazz'), (3, 'Brass'), (4, 'Electronic'), (5, 'Chamber');
INSERT INTO MediaType VALUES (1, 'FLAC audio file');

INSERT INTO Artist VALUES
  (1, 'Osier & Reed'),
  (2, 'The Paper Lanterns'),
  (3, 'Halfway Lighthouse'),
  (4, 'Nettle Choir'),
  (5, 'Slow Ferry Company'),
  (6, 'Quartet for Rain'),
  (7, 'Tin Weather'),
  (8, 'Marla Quill'),
  (9, 'Ålesund Clockworks'),
  (10, 'Long Acre Brass'),
  (11, 'Kiln & Kindling'),
  (12, 'O’Dell’s Orchard');

INSERT INTO Album VALUES
  (1, 'Baskets', 1),
  (2, 'Lit from Inside', 2),
  (3, 'Lit from Outside', 2),
  (4, 'Keeper’s Logbook', 3),
  (5, 'Sting', 4),
  (6, 'Timetable for Winter', 5),
  (7, 'Gutters', 6),
  (8, 'Forecast for the Coast', 7),
  (9, 'Handwriting', 8),
  (10, 'Margins', 8),
  (11, 'Escapement', 9),
  (12, 'Market Day', 10),
  (13, 'Windfall', 12);

INSERT INTO Track VALUES
  (1, 'Willow, Wet', 1, 1, 1, 'Osier', 214000, NULL, 0.99),
  (2, 'Handle with Both Hands', 1, 1, 1, 'Osier, Reed', 187000, NULL, 0.99),
  (3, 'The Mender’s Song', 1, 1, 1, 'Reed', 245000, NULL, 0.99),
  (4, 'Full of Apples', 1, 1, 1, 'Osier, Reed', 201000, NULL, 0.99),
  (5, 'Fold', 2, 1, 4, NULL, 262000, NULL, 0.99),
  (6, 'Wick', 2, 1, 4, NULL, 233000, NULL, 0.99),
  (7, 'One for Every Window', 2, 1, 4, NULL, 318000, NULL, 1.29),
  (8, 'Moths', 3, 1, 4, NULL, 274000, NULL, 0.99),
  (9, 'Streetlamp, Three in the Morning', 3, 1, 4, NULL, 401000, NULL, 1.29),
  (10, 'Calm, Visibility Good', 4, 1, 1, 'E. Warrender', 198000, NULL, 0.99),
  (11, 'Fog Signal', 4, 1, 1, 'E. Warrender', 226000, NULL, 0.99),
  (12, 'Relief Boat Delayed', 4, 1, 1, 'E. Warrender', 305000, NULL, 0.99),
  (13, 'Lamp Oil', 4, 1, 1, 'E. Warrender, T. Bask', 172000, NULL, 0.99),
  (14, 'Barefoot', 5, 1, 5, 'traditional', 151000, NULL, 0.99),
  (15, 'Dock Leaf', 5, 1, 5, 'traditional', 164000, NULL, 0.99),
  (16, 'Soup', 5, 1, 5, 'J. Hale', 139000, NULL, 0.99),
  (17, 'First Sailing', 6, 1, 2, 'P. Ostrom', 287000, NULL, 0.99),
  (18, 'Tea in the Forward Lounge', 6, 1, 2, 'P. Ostrom', 356000, NULL, 0.99),
  (19, 'Cancelled', 6, 1, 2, 'P. Ostrom', 61000, NULL, 0.49),
  (20, 'Last Sailing', 6, 1, 2, 'P. Ostrom', 412000, NULL, 1.29),
  (21, 'Drizzle', 7, 1, 5, 'I. Brandt', 243000, NULL, 0.99),
  (22, 'Downpipe', 7, 1, 5, 'I. Brandt', 219000, NULL, 0.99),
  (23, 'The Roof Decides', 7, 1, 5, 'I. Brandt', 296000, NULL, 0.99),
  (24, 'Puddles, and the Sky in Them', 7, 1, 5, 'I. Brandt', 334000, NULL, 0.99),
  (25, 'Backing Westerly', 8, 1, 4, 'Tin Weather', 255000, NULL, 0.99),
  (26, 'Losing Its Identity', 8, 1, 4, 'Tin Weather', 281000, NULL, 0.99),
  (27, 'Rather Rough, Occasionally Poor', 8, 1, 4, 'Tin Weather', 308000, NULL, 0.99),
  (28, 'Loops', 9, 1, 1, 'Marla Quill', 176000, NULL, 0.99),
  (29, 'Ink on the Cuff', 9, 1, 1, 'Marla Quill', 208000, NULL, 0.99),
  (30, 'Dear Whoever Finds This', 9, 1, 1, 'Marla Quill', 264000, NULL, 0.99),
  (31, 'Notes to the Left', 10, 1, 1, 'Marla Quill', 193000, NULL, 0.99),
  (32, 'Notes to the Right', 10, 1, 1, 'Marla Quill', 197000, NULL, 0.99),
  (33, 'See Overleaf', 10, 1, 1, 'Marla Quill', 322000, NULL, 1.29),
  (34, 'Tick', 11, 1, 4, 'S. Aune', 121000, NULL, 0.99),
  (35, 'Tock', 11, 1, 4, 'S. Aune', 122000, NULL, 0.99),
  (36, 'Mainspring', 11, 1, 4, 'S. Aune', 347000, NULL, 0.99),
  (37, 'Daylight Saved', 11, 1, 4, 'S. Aune, L. Vik', 289000, NULL, 0.99),
  (38, 'Setting Up', 12, 1, 3, 'R. Pell', 158000, NULL, 0.99),
  (39, 'Three Cauliflowers for Two', 12, 1, 3, 'R. Pell', 204000, NULL, 0.99),
  (40, 'The Mayor Stops to Listen', 12, 1, 3, 'R. Pell', 231000, NULL, 0.99),
  (41, 'Packing Up in the Rain', 12, 1, 3, 'R. Pell', 249000, NULL, 0.99),
  (42, 'Ladder', 13, 1, 1, 'O’Dell', 182000, NULL, 0.99),
  (43, 'Wasps’ Share', 13, 1, 1, 'O’Dell', 211000, NULL, 0.99),
  (44, 'Cider by Candlelight', 13, 1, 1, 'O’Dell', 276000, NULL, 0.99);

INSERT INTO Playlist VALUES (1, 'For a wet Sunday'), (2, 'At the harbour');
INSERT INTO PlaylistTrack VALUES (1, 21), (1, 24), (1, 41), (2, 11), (2, 17), (2, 20);
INSERT INTO InvoiceLine VALUES (1, 1, 7, 1.29, 1), (2, 1, 21, 0.99, 1), (3, 2, 21, 0.99, 2);
