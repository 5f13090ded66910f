/**
 * Whether single letters are shortcuts: a choice kept in a cookie, so that the server marks the page.
 */
import type { PublishRequest, Response } from '../server/index.js';

const COOKIE = 'canopy_letters';
const YEAR_SECONDS = 31_536_000;

/** Single letters are shortcuts until somebody turns them off. */
export function readShortcuts(request: PublishRequest): boolean {
  return request.cookies[COOKIE] !== 'off';
}

/** Keeps the choice in the browser for a year. */
export function keepShortcuts(response: Response, on: boolean): void {
  response.append(
    'Set-Cookie',
    `${COOKIE}=${on ? 'on' : 'off'}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax`,
  );
}
