import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, open, sound } from './browser.mjs';
import { startEmpty } from './site.mjs';
import { binary, site, visitor } from './story.mjs';

const visit = visitor();

test('the first paint comes within a second', async (t) => {
  const times = [];
  for (let i = 0; i < 3; i++) {
    await visit('/', 'wide', {}, async (page) => {
      await page.locator('.event').first().waitFor();
      times.push(await page.evaluate(() => ({
        paint: performance.getEntriesByName('first-contentful-paint')[0].startTime, rows: performance.now(),
        bytes: performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).filter((r) => !r.name.includes('/api/')).reduce((sum, r) => sum + r.transferSize, 0),
      })));
    });
  }
  times.sort((a, b) => a.paint - b.paint);
  t.diagnostic(`first paint ${times.map((x) => Math.round(x.paint)).join(', ')} ms; events in the page by ${Math.round(times[1].rows)} ms; ${Math.round(times[1].bytes / 1000)} kB`);
  assert.ok(times[1].paint < 1000, `first paint after ${times[1].paint} ms`);
  assert.ok(times[1].bytes < 300_000, `${times[1].bytes} bytes`);
});

test('every page can be reached by keyboard, from the first key on', async () => {
  await visit('/', 'wide', {}, async (page) => {
    await page.locator('.event').first().waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
    for (const name of ['Collections', 'Fleet', 'Pipeline', 'Search']) {
      await page.getByRole('navigation').getByRole('link', { name }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name }).waitFor({ state: 'attached' });
      assert.match(await page.title(), new RegExp(`^${name}`));
    }
    await page.locator('.event').first().waitFor();
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'combobox');
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      const seen = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return document.activeElement === document.body || style.outlineStyle !== 'none' || Boolean(document.activeElement.closest('.query-input'));
      });
      assert.ok(seen, 'the focus can be seen');
    }
  });
});

test('an address that leads nowhere is a 404', async () => {
  assert.equal((await fetch(`${site.url}/nothing`)).status, 404);
  assert.equal((await fetch(`${site.url}/assets/gone.js`)).status, 404);
  assert.equal((await fetch(`${site.url}/api/v1/nothing`)).headers.get('content-type'), 'application/problem+json');
});

test('an empty server says how to begin', async () => {
  const empty = await startEmpty(binary);
  const browser = await launch();
  try {
    for (const size of ['wide', 'narrow']) {
      const { page, close } = await open(browser, empty.url, size);
      await page.getByRole('heading', { name: 'Nothing is collected yet' }).waitFor();
      await sound(page, 'an empty search');
      await page.getByRole('link', { name: 'Create a collection' }).click();
      await page.getByRole('heading', { name: 'New collection' }).waitFor();
      await page.goto(`${empty.url}/collections`);
      await page.getByRole('heading', { name: 'No collections yet' }).waitFor();
      await sound(page, 'no collections');
      await close();
    }
  } finally {
    await browser.close();
    await empty.stop();
  }
});

test('a server with a token asks for it once', async () => {
  const token = 'a-token-of-the-tests-0123';
  const guarded = await startEmpty(binary, token);
  const browser = await launch();
  try {
    const { page, close } = await open(browser, guarded.url, 'wide', { expect: [401] });
    const dialog = page.getByRole('dialog', { name: 'This server asks for its token' });
    await dialog.waitFor();
    await sound(page, 'the token');
    await page.locator('input[type=password]').fill('not-the-token-of-it');
    await page.keyboard.press('Enter');
    await page.getByText('The token that was given is not the server’s.').waitFor();
    await page.locator('input[type=password]').fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Nothing is collected yet' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Nothing is collected yet' }).waitFor();
    assert.equal(await dialog.count(), 0, 'the tab keeps it');
    await page.goto(`${guarded.url}/?tail=1`);
    await page.getByRole('heading', { name: 'Waiting for events' }).waitFor();
    assert.equal(page.url().includes(token), false);
    await close();
  } finally {
    await browser.close();
    await guarded.stop();
  }
});

test('a server that is gone is told, and forgiven when it is back', async () => {
  await visit('/fleet', 'wide', { expect: ['ERR_FAILED'] }, async (page) => {
    await page.getByRole('link', { name: 'web-1' }).waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await page.getByText('The server does not answer.').waitFor();
    await page.getByRole('link', { name: 'web-1' }).waitFor();
    await sound(page, 'a page without a server');
    await page.unroute('**/api/**');
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
  });
});

test('a page that cannot be fetched says so, leaves the others alone, and comes when the server is back', async () => {
  await visit('/?refresh=0', 'wide', { expect: ['ERR_FAILED', 'preload'] }, async (page) => {
    await page.locator('.event').first().waitFor();
    await page.route('**', (route) => route.abort());
    await page.getByRole('link', { name: 'Pipeline' }).click();
    await page.getByRole('heading', { name: 'This page could not be fetched' }).waitFor();
    await sound(page, 'a page that could not be fetched');
    await page.getByRole('navigation').getByRole('link', { name: 'Search' }).click();
    await page.getByRole('searchbox').or(page.getByRole('combobox')).first().waitFor();
    await page.getByRole('link', { name: 'Pipeline' }).click();
    const asked = page.waitForEvent('requestfailed', (r) => r.method() === 'HEAD');
    await page.getByRole('heading', { name: 'This page could not be fetched' }).waitFor();
    await asked;
    await page.unroute('**');
    await page.getByRole('heading', { level: 1, name: 'Pipeline' }).waitFor();
  });
});
