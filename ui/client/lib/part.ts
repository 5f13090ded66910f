/**
 * Asks the server for a part of a page: the same screen, with `part` saying which piece of HTML.
 */
export async function fetchPart(address: string, part: string): Promise<string | undefined> {
  const url = new URL(address, location.href);
  url.searchParams.set('part', part);
  const answer = await fetch(url, { headers: { accept: 'text/html' } });
  return answer.ok ? answer.text() : undefined;
}
