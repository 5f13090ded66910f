/**
 * A page's `Content-Security-Policy`, with room for what we put into the page ourselves.
 *
 * Nothing else is let in by it: a style is named by its hash, and forms may be sent to this site alone.
 */

/** What is in the page besides what its author put there. */
export interface OwnParts {
  /** Hash of the one style element: `sha256-…`. */
  readonly styleHash: string;
}

type Directive = readonly [name: string, ...sources: string[]];

/** Gives a policy that lets our own parts work. A header may hold several, each of which counts. */
export function policyWith(header: string, { styleHash }: OwnParts): string {
  return header
    .split(',')
    .map((policy) => withForms(withStyle(readPolicy(policy), `'${styleHash}'`)))
    .map((directives) => directives.map((directive) => directive.join(' ')).join('; '))
    .join(', ');
}

function readPolicy(policy: string): readonly Directive[] {
  const directives: Directive[] = [];
  for (const part of policy.split(';')) {
    const [name, ...sources] = part.trim().split(/\s+/);
    if (name !== undefined && name !== '') directives.push([name.toLowerCase(), ...sources]);
  }
  return directives;
}

/** The most special directive there is decides about style elements. */
function withStyle(policy: readonly Directive[], hash: string): readonly Directive[] {
  const ruling = ['style-src-elem', 'style-src', 'default-src']
    .map((name) => policy.find(([each]) => each === name))
    .find((directive) => directive !== undefined);
  if (ruling === undefined) return policy;
  const [name, ...sources] = ruling;
  // Beside a hash or a nonce, 'unsafe-inline' means nothing; so a hash is not put beside it.
  const isOpen = sources.includes("'unsafe-inline'") && !sources.some(namesOne);
  if (isOpen) return policy;
  const own = [...sources.filter((source) => source !== "'none'"), hash];
  if (name === 'default-src') return [...policy, ['style-src', ...own]];
  return policy.map((each) => (each === ruling ? [name, ...own] : each));
}

function namesOne(source: string): boolean {
  return /^'(sha\d+|nonce)-/i.test(source);
}

function withForms(policy: readonly Directive[]): readonly Directive[] {
  return policy.map((directive) => {
    const [name, ...targets] = directive;
    if (name !== 'form-action' || targets.includes("'self'")) return directive;
    return [name, ...targets.filter((target) => target !== "'none'"), "'self'"];
  });
}
