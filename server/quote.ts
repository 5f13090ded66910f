/**
 * Quoting, in messages for people, what somebody sent.
 *
 * What was sent may be long, or hold characters that break a line or stand for nothing. A message
 * stays one line that can be read, whatever it quotes.
 */

/** How much of a text is quoted, in characters. */
export const QUOTED_CHARACTERS_MAX = 80;

/** How long a whole message becomes, in UTF-16 units. */
export const MESSAGE_LENGTH_MAX = 2000;

/** Gives `“text”`: its beginning, where it is long, and a sign where nothing could be shown. */
export function quoted(text: string): string {
  // A character has at most two units, so this holds as many as are shown, and one more.
  const beginning = text.slice(0, 2 * QUOTED_CHARACTERS_MAX + 2).toWellFormed();
  const characters = Array.from(beginning.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '\ufffd'));
  if (characters.length <= QUOTED_CHARACTERS_MAX) return `“${characters.join('')}”`;
  return `“${characters.slice(0, QUOTED_CHARACTERS_MAX).join('')}…”`;
}

/** Gives a message as one line of text that is not too long to be read. */
export function asMessage(text: string): string {
  const line = text
    .slice(0, MESSAGE_LENGTH_MAX)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return text.length > MESSAGE_LENGTH_MAX ? `${line}…` : line;
}
