/** Pages that need nothing of the site. */
import { escapeHtml } from '../templates/html.js';

export interface PlainPage {
  readonly title: string;
  /** HTML of the body, escaped where it has to be. */
  readonly body: string;
}

/** Gives a whole page: for where the site has no layout. */
export function plainPage({ title, body }: PlainPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0 auto; max-inline-size: 44rem; padding: 2rem 1.25rem; font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere; }
pre, table { overflow-x: auto; }
a { color: #0b57d0; }
@media (prefers-color-scheme: dark) { body { background: #121212; color: #e8e8e8; } a { color: #a8c7fa; } }
</style>
</head>
<body>
${body}
</body>
</html>
`;
}
