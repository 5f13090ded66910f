/**
 * A real browser for the tests: Chromium, found by the test run and driven by playwright-core.
 *
 * There is one, started for the first who needs it and closed after the last test. Each person has a
 * context of their own, so cookies of one never reach another. What a page logs as an error or
 * throws is kept with the person whose page it is, for the test to say what it expects.
 */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
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

/** A context, and what its pages complained about. */
export interface Person extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Messages of the console and uncaught errors so far. */
  readonly complaints: string[];
}

let starting: Promise<Browser> | undefined;

after(async () => {
  await (await starting)?.close();
});

function startBrowser(): Promise<Browser> {
  const executablePath = process.env['CANOPY_CHROMIUM'];
  assert.ok(executablePath, 'CANOPY_CHROMIUM names a browser: run the tests with `npm test`');
  return chromium.launch({ executablePath, args: QUIET });
}

/** Opens a fresh context with one page, as a person who has just opened their browser. */
export async function person(options: BrowserContextOptions = {}): Promise<Person> {
  starting ??= startBrowser();
  const browser = await starting;
  // Nothing moves by itself.
  const context = await browser.newContext({
    ...{ viewport: WIDE, reducedMotion: 'reduce' },
    ...options,
  });
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS_MAX);
  return {
    context,
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      await context.close();
    },
  };
}

/** Fills in and sends the form for signing in, which the page shows. */
export async function fillSignIn(page: Page, who: Credentials = ADMIN): Promise<void> {
  await page.getByLabel('Name').fill(who.name);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.keyboard.press('Enter');
}

export interface SignedInOptions extends BrowserContextOptions {
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

/** Fails when the page is wider than its window. */
export async function assertFits(page: Page): Promise<void> {
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.ok(Number(overflow) <= 0, `nothing scrolls sideways, and not by ${String(overflow)}`);
}

/**
 * Fails with what axe found wrong on the page, by rule and element. Most of a page's cost in these
 * tests is this, so a page is looked at where it differs most from what others look at. Frames are
 * left out: the only one is the preview, which runs no scripts, axe's included. There is no film and
 * no sound to load first.
 */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  const has = await page.evaluate('typeof globalThis.axe === "object"');
  // What is no violation is not described, and a page that has axe is not given it again. In legacy
  // mode no further page is opened to gather what frames found: there are none.
  const axe = new AxeBuilder(has === true ? { page, axeSource: 'void 0' } : { page })
    .options({ resultTypes: ['violations'], iframes: false, preload: false })
    .exclude('iframe')
    .setLegacyMode();
  const { violations } = await axe.analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  );
  assert.deepEqual(found, [], what);
}
