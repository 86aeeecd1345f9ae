// A real Chromium, and what every page must hold up to whatever its story: nothing on
// the console, nothing fetched from elsewhere, no sideways scrolling, no serious finding
// of axe.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const { source: axe } = require('axe-core');

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

export const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 360, height: 740 } };

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS });
}

/** Opens a page in a window of its own; `expect` are answers and errors that are no fault, such as 422. */
export async function open(browser, url, size, { theme = 'light', expect = [] } = {}) {
  const context = await browser.newContext({
    viewport: SIZES[size], colorScheme: theme, hasTouch: size === 'narrow', timezoneId: 'Europe/Berlin', locale: 'en-GB', acceptDownloads: true,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults = [];
  const origin = new URL(url).origin;
  page.on('console', (m) => {
    if (['error', 'warning'].includes(m.type()) && !expect.some((fault) => m.text().includes(typeof fault === 'number' ? `status of ${fault}` : fault))) faults.push(m.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (r) => {
    if (!r.url().startsWith(origin) && !/^(data|blob):/.test(r.url())) faults.push(`fetched ${r.url()}`);
  });
  await page.goto(url);
  return {
    page,
    close: async () => {
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}

/** Checks what holds for every page as it stands now; `covered` when a panel lies over parts of it. */
export async function sound(page, name, { covered = false } = {}) {
  const wide = await page.evaluate(() => {
    const main = document.getElementById('main');
    return Math.max(document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth);
  });
  assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`);
  await page.evaluate(axe);
  const found = await page.evaluate((rules) => globalThis.axe.run(document, { rules, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }), {
    'target-size': { enabled: !covered }, // it takes what is half under a panel for small
  });
  const serious = found.violations
    .filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => `${v.id}: ${v.help}\n${v.nodes.slice(0, 3).map((n) => `    ${n.html.slice(0, 160)}\n    ${n.failureSummary.replaceAll('\n', ' ').slice(0, 220)}`).join('\n')}`);
  assert.deepEqual(serious, [], `axe on ${name}`);
}

/** Saves a picture for the documents when SCREENSHOTS is set. */
export async function picture(page, name) {
  if (!process.env.SCREENSHOTS) return;
  const dir = new URL('../../docs/screenshots/', import.meta.url).pathname;
  mkdirSync(dir, { recursive: true });
  await page.evaluate(() => document.activeElement?.blur());
  await page.mouse.move(0, 0);
  await page.waitForTimeout(300); // fades have ended
  await page.screenshot({ path: `${dir}${name}.png` });
}
