/**
 * A real browser for the tests: Chromium, found by the test run and driven by playwright-core.
 *
 * Each test gets its own context, so cookies of one person never reach another. A page that logs
 * an error or throws fails the test that opened it, unless the test says which message it expects.
 */
import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { ADMIN, type TestServer } from '../support/server.js';

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A context, and what its pages complained about. */
export interface Person extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Messages of the console and uncaught errors so far. */
  readonly complaints: string[];
}

/** Starts the browser. One a test file is enough. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env['CANOPY_CHROMIUM'];
  assert.ok(executablePath, 'CANOPY_CHROMIUM names a browser: run the tests with `npm test`');
  return chromium.launch({ executablePath, args: QUIET });
}

/** Opens a fresh context with one page, as a person who has just opened their browser. */
export async function person(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Person> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
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
export async function fillSignIn(
  page: Page,
  who: { readonly name: string; readonly password: string } = ADMIN,
): Promise<void> {
  await page.getByLabel('Name').fill(who.name);
  await page.getByLabel('Password', { exact: true }).fill(who.password);
  await page.keyboard.press('Enter');
}

/** Signs the first manager in, and waits for the page `next`. */
export async function signIn(page: Page, server: TestServer, next: string): Promise<void> {
  await page.goto(new URL(`/@login?next=${encodeURIComponent(next)}`, server.url).href);
  await fillSignIn(page);
  await page.waitForURL((now) => now.pathname !== '/@login');
  await page.getByRole('heading', { level: 1 }).first().waitFor();
}

/** A person at the page `next`, signed in as the first manager; nothing on it moves by itself. */
export async function signedIn(
  browser: Browser,
  server: TestServer,
  next: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Person> {
  const someone = await person(browser, { reducedMotion: 'reduce', ...options });
  await signIn(someone.page, server, next);
  return someone;
}

/**
 * Fails with what axe found wrong on the page, by rule and element. Frames are left out: the only
 * one is the preview, which runs no scripts, axe's included.
 */
export async function assertAccessible(
  page: Page,
  what: string,
  rules?: readonly string[],
): Promise<void> {
  const has = await page.evaluate('typeof globalThis.axe === "object"');
  // What is no violation is not described, and a page that has axe is not given it again. In legacy
  // mode no further page is opened to gather what frames found: there are none.
  const axe = new AxeBuilder(has === true ? { page, axeSource: 'void 0' } : { page })
    .options({ resultTypes: ['violations'], iframes: false })
    .exclude('iframe')
    .setLegacyMode();
  if (rules !== undefined) axe.withRules([...rules]);
  const { violations } = await axe.analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  );
  assert.deepEqual(found, [], what);
}
