/**
 * The plain server that pages are measured against: bare Express and a precompiled Handlebars page.
 * Run in a process of its own; it prints its port.
 */
import type { AddressInfo } from 'node:net';
import express from 'express';
import Handlebars from 'handlebars';
import { LAYOUT, LISTING_PATH, listingRows, listingTemplate } from './listing-site.js';

const layout = Handlebars.compile(LAYOUT);
const listing = Handlebars.compile(listingTemplate('rows'));
const rows = listingRows();
const options = { partials: { layout } };
// Compiled before the first request, as the site's templates are.
listing({ title: '', rows }, options);

const app = express();
app.get(LISTING_PATH, (_request, response) => {
  response.type('html').send(listing({ title: 'All items', rows }, options));
});
const server = app.listen(0, '127.0.0.1', () => {
  // A server that listens on a port has an address with a port.
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
