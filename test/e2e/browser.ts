/**
 * A real browser for the tests: Chromium, found by the test run and driven by playwright-core.
 *
 * There is one, started for the first who needs it and closed after the last test. Each person has a
 * context to themselves, so cookies of one never reach another; who leaves leaves it empty to the
 * next, since a new one costs as much as two pages. What a page logs as an error or throws is kept
 * with the person whose page it is, for the test to say what it expects.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import type { AxeResults, RunOptions } from 'axe-core';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type ConsoleMessage,
  type Locator,
  type Page,
  type WebError,
} from 'playwright-core';
import type { Credentials } from '../support/client.js';
import { ADMIN, type TestServer } from '../support/server.js';

/**
 * What a browser with a window gets ready for whoever sits at it: a process for the next page, and two
 * pages below the address bar, with every window. The rest is playwright's own list, which this one
 * takes the place of.
 */
const NOT_NEEDED = [
  ...['SpareRendererForSitePerProcess', 'WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'],
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'MediaRouter'],
  ...['HttpsUpgrades', 'HttpsFirstBalancedModeAutoEnable', 'ThirdPartyStoragePartitioning'],
  ...['PaintHolding', 'Translate', 'OptimizationHints', 'NetworkTimeServiceQuerying'],
  ...['AimEnabled', 'PreconnectToSearch', 'LensOverlay'],
];
const QUIET = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-sync'],
  `--disable-features=${NOT_NEEDED.join(',')}`,
];
const WAIT_MS_MAX = 15_000;

/** Where pictures of the screens go, for whoever wants to look at them; nowhere unless it is set. */
const PICTURES = process.env['CANOPY_PICTURES'] ?? '';

export const WIDE = { width: 1440, height: 900 } as const;
export const PHONE = { width: 390, height: 844 } as const;
export const DARK_PHONE = { viewport: PHONE, colorScheme: 'dark' } as const;
export const SCRIPTS_OFF = { javaScriptEnabled: false } as const;

/** How somebody's browser differs from a wide and light one that runs scripts. */
export interface PersonOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
  readonly hasTouch?: boolean;
}

/** What a page that is shown can be given anew. */
export type Look = Pick<PersonOptions, 'viewport' | 'colorScheme'>;

/** A context, and what its pages complained about. */
export interface Person extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Messages of the console and uncaught errors so far. */
  readonly complaints: string[];
}

let starting: Promise<Browser> | undefined;
/** Blank pages, each in a context without cookies, by what a context cannot change later. */
const left = new Map<string, Page[]>();

after(async () => {
  await (await starting)?.close();
});

function startBrowser(): Promise<Browser> {
  const executablePath = process.env['CANOPY_CHROMIUM'];
  assert.ok(executablePath, 'CANOPY_CHROMIUM names a browser: run the tests with `npm test`');
  return chromium.launch({ executablePath, args: QUIET });
}

async function newPage(options: BrowserContextOptions): Promise<Page> {
  starting ??= startBrowser();
  const context = await (await starting).newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS_MAX);
  return page;
}

/** Leaves nothing of what was done in a context but what its browser has loaded. */
async function empty(context: BrowserContext, page: Page): Promise<void> {
  for (const other of context.pages()) if (other !== page) await other.close();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.goto('about:blank');
  await page.mouse.move(0, 0);
  await context.clearCookies();
}

/** Opens a blank page in an empty context, as a person who has just opened their browser. */
export async function person(options: PersonOptions = {}): Promise<Person> {
  const { viewport = WIDE, colorScheme = 'light', ...fixed } = options;
  const kind = JSON.stringify(fixed);
  const leftAlike = left.get(kind) ?? [];
  left.set(kind, leftAlike);
  const page = leftAlike.pop() ?? (await newPage(fixed));
  const context = page.context();
  await page.setViewportSize(viewport);
  // Nothing moves by itself.
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  const complaints: string[] = [];
  const onError = (error: WebError): void => void complaints.push(String(error.error()));
  const onMessage = (message: ConsoleMessage): void => {
    if (message.type() === 'error') complaints.push(message.text());
  };
  context.on('weberror', onError);
  context.on('console', onMessage);
  return {
    context,
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      context.off('weberror', onError);
      context.off('console', onMessage);
      await empty(context, page);
      leftAlike.push(page);
    },
  };
}

/** Fills in and sends the form for signing in, which the page shows. */
export async function fillSignIn(page: Page, who: Credentials = ADMIN): Promise<void> {
  await page.getByLabel('Name').fill(who.name);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.keyboard.press('Enter');
}

export interface SignedInOptions extends PersonOptions {
  /** The first manager, unless it is said. */
  readonly as?: Credentials;
}

/** A person at the page `next`, signed in; the form for it is not shown to them. */
export async function signedIn(
  server: TestServer,
  next: string,
  { as = ADMIN, ...options }: SignedInOptions = {},
): Promise<Person> {
  const someone = await person(options);
  const { context, page } = someone;
  const answer = await context.request.post(at(server, '/@login'), {
    form: { name: as.name, password: as.password },
    headers: { accept: 'application/json' },
  });
  assert.equal(answer.status(), 200, `${as.name} is signed in`);
  const opened = await page.goto(at(server, next));
  assert.equal(opened?.status(), 200, next);
  return someone;
}

/** The address of a path. */
export function at(server: TestServer, path: string): string {
  return new URL(path, server.url).href;
}

/** Messages that say so. */
export function toast(page: Page, text: string | RegExp): Locator {
  return page.locator('.toast', { hasText: text });
}

/** The band of the admin that tells the place, outside of the present main. */
export function band(page: Page): Locator {
  return page.getByRole('complementary', { name: 'Where you are' });
}

/** Ids of a listing's rows. */
export async function rows(page: Page): Promise<readonly string[]> {
  return page.locator('#listing tbody .list__id').allTextContents();
}

export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== '') await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}

/** Shows a page in another look, and waits until it was drawn. */
export async function turn(page: Page, look: Look): Promise<void> {
  const { viewport = WIDE, colorScheme = 'light' } = look;
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize(viewport);
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
}

/** Fails when the page is wider than its window. */
export async function assertFits(page: Page): Promise<void> {
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.ok(Number(overflow) <= 0, `nothing scrolls sideways, and not by ${String(overflow)}`);
}

/** The smaller of axe's two files: each page is given it anew. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What is no violation is not described. There is no film and no sound to load first. */
const AXE_OPTIONS: RunOptions = { resultTypes: ['violations'], iframes: false, preload: false };
const RUN_AXE = `axe.run({ exclude: ['iframe'] }, ${JSON.stringify(AXE_OPTIONS)})
  .then(({ violations }) => ({ violations }))`;

/**
 * Fails with what axe found wrong on the page, by rule and element. Most of a page's cost in these
 * tests is this, so a page is looked at where it differs most from what others look at. Frames are
 * left out: the only one is the preview, which runs no scripts, axe's included.
 */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  const has = await page.evaluate('typeof globalThis.axe === "object"');
  if (has !== true) await page.evaluate(AXE);
  const { violations } = await page.evaluate<Pick<AxeResults, 'violations'>>(RUN_AXE);
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  );
  assert.deepEqual(found, [], what);
}
