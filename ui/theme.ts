/**
 * Light, dark, or as the system has it: a cookie, so that the server sends the first page right.
 */
import type { PublishRequest, Response } from '../server/index.js';

const COOKIE = 'canopy_theme';
const YEAR_SECONDS = 31_536_000;

/** A theme somebody chose; without one the page follows the system. */
export type Theme = 'light' | 'dark';

/** How a choice is shown, and which one comes after it when the button is pressed. */
export interface ThemeChoice {
  readonly theme: Theme | 'system';
  readonly words: string;
  readonly icon: string;
  readonly next: Theme | 'system';
}

export const THEME_CHOICES: readonly ThemeChoice[] = [
  { theme: 'system', words: 'as the system', icon: 'contrast', next: 'light' },
  { theme: 'light', words: 'light', icon: 'sun', next: 'dark' },
  { theme: 'dark', words: 'dark', icon: 'moon', next: 'system' },
];

/** Finds the choice of whoever asks; unknown values count as the system's. */
export function readTheme(request: PublishRequest): ThemeChoice {
  return themeChoice(request.cookies[COOKIE] ?? 'system');
}

export function themeChoice(theme: string): ThemeChoice {
  const [system] = THEME_CHOICES;
  const found = THEME_CHOICES.find((choice) => choice.theme === theme) ?? system;
  if (found === undefined) throw new TypeError('There is no theme');
  return found;
}

/** Keeps a choice in the browser for a year. */
export function keepTheme(response: Response, choice: ThemeChoice): void {
  response.append(
    'Set-Cookie',
    `${COOKIE}=${choice.theme}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax`,
  );
}
