import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { picture, sound } from './browser.mjs';
import { visitor } from './story.mjs';
import { until } from './wait.mjs';

const visit = visitor();
const total = async (page) => Number((await page.locator('.total strong').first().textContent()).replace(/\D/g, ''));
const rows = (page) => page.locator('.event');
const param = (page, name) => new URL(page.url()).searchParams.get(name);
const settled = (page) => page.locator('.results:not(.stale)').waitFor();

/** Types a query and waits for what it finds. */
async function ask(page, text) {
  await page.getByRole('combobox', { name: 'Query' }).fill(text);
  await page.keyboard.press('Enter');
  await page.waitForFunction((q) => (new URL(location).searchParams.get('q') ?? '') === q, text);
  await settled(page);
}

for (const size of ['wide', 'narrow']) {
  test(`events are found, filtered and opened (${size})`, async () => {
    await visit('/', size, {}, async (page) => {
      await settled(page);
      const all = await total(page);
      assert.ok(all > 1000, `${all} events`);
      await sound(page, 'search');
      await picture(page, `search-${size}`);

      await ask(page, 'refused');
      const messages = await page.locator('.cell-message').allTextContents();
      assert.ok(messages.length > 3 && messages.every((m) => m.includes('refused')), 'every message has the word');
      assert.equal(await page.locator('.cell-message mark').first().textContent(), 'refused');
      assert.ok((await total(page)) < all);

      await ask(page, '');
      if (size === 'narrow') await page.getByRole('button', { name: 'Filters' }).click();
      await page.getByRole('complementary', { name: 'Filters' }).getByRole('button', { name: /^error/ }).click();
      await until('the level is in the address', () => param(page, 'level') === 'error');
      await settled(page);
      await page.waitForFunction(() => [...document.querySelectorAll('.event [data-column="log.level"]')].every((c) => c.textContent === 'error'));
      if (size === 'narrow') await page.getByRole('button', { name: 'Filters' }).click();

      await page.locator('.row-toggle').first().focus();
      await page.keyboard.press('Enter');
      await page.getByText('java.lang.IllegalStateException: connection pool is exhausted').waitFor();
      await sound(page, 'an open event');
      await picture(page, `event-${size}`);

      await page.getByRole('button', { name: 'Filter out log.logger' }).first().click();
      await until('the query has the opposite', () => /^NOT log\.logger:/.test(param(page, 'q') ?? ''));
      await settled(page);
      await page.getByRole('button', { name: 'Remove the filter Level error' }).click();
      await until('the filter is gone', () => param(page, 'level') === null);
      await page.goBack();
      await until('going back sets it again', () => param(page, 'level') === 'error');
    });
  });

  test(`a query that is wrong is marked where it is (${size})`, async () => {
    await visit('/', size, { expect: [422] }, async (page) => {
      await settled(page);
      await page.getByRole('combobox', { name: 'Query' }).fill('größe AND (b');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('column 11').waitFor();
      assert.equal(await page.locator('.query-mark mark').textContent(), '(b');
      assert.equal(await page.getByRole('combobox', { name: 'Query' }).getAttribute('aria-invalid'), 'true');
      await sound(page, 'a wrong query');
    });
  });

  test(`nothing found says what to do (${size})`, async () => {
    await visit('/?q=nosuchword', size, {}, async (page) => {
      await page.getByRole('heading', { name: 'No events were found' }).waitFor();
      await sound(page, 'no events');
      await page.getByRole('button', { name: 'Remove query and filters' }).click();
      await rows(page).first().waitFor();
    });
  });

  test(`a field by another name is put right (${size})`, async () => {
    await visit('/?q=level:error', size, {}, async (page) => {
      await page.getByText('No field is called level; did you mean log.level?').waitFor();
      await sound(page, 'a field that is not known');
      await page.getByRole('button', { name: 'Search log.level' }).click();
      await rows(page).first().waitFor();
      assert.equal(param(page, 'q'), 'log.level:error');
    });
  });

  test(`a time is picked (${size})`, async () => {
    await visit('/', size, {}, async (page) => {
      await settled(page);
      await page.getByRole('button', { name: /Last 24 hours/ }).click();
      await sound(page, 'the time picker', { covered: true });
      await page.getByRole('button', { name: 'Last hour' }).click();
      await until('the range is in the address', () => param(page, 'from') === 'now-1h');
      await page.getByRole('button', { name: /Last hour/ }).click();
      await page.getByLabel('From', { exact: true }).fill('2026-01-02T03:04:05');
      await page.getByLabel('To', { exact: true }).fill('2026-01-02T04:04:05');
      await page.getByRole('button', { name: 'Use these times' }).click();
      await until('the viewer’s zone was meant', () => param(page, 'from') === '2026-01-02T02:04:05.000Z' && param(page, 'to') === '2026-01-02T03:04:05.000Z');
      await page.getByText('Jan 03:04:05').waitFor();
    });
  });
}

test('fields and values are completed by keyboard', async () => {
  await visit('/', 'wide', {}, async (page) => {
    await settled(page);
    const query = page.getByRole('combobox', { name: 'Query' });
    await query.focus();
    await page.keyboard.type('log.le');
    await page.getByRole('option', { name: /log\.level/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await query.inputValue(), 'log.level:');
    await page.keyboard.type('wa');
    await page.getByRole('option', { name: /^warn/ }).waitFor();
    await sound(page, 'suggestions', { covered: true });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    assert.equal(await query.inputValue(), 'log.level:warn ');
    await page.keyboard.press('Enter');
    await until('it is asked for', () => param(page, 'q') === 'log.level:warn');
  });
});

test('the histogram is brushed by mouse and by keyboard', async () => {
  await visit('/', 'wide', {}, async (page) => {
    await settled(page);
    const box = await page.locator('.histogram .u-over').boundingBox();
    await page.mouse.move(box.x + box.width * 0.25, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 5 });
    await page.mouse.up();
    await until('the part is in the address', () => param(page, 'from')?.endsWith('Z') && param(page, 'to')?.endsWith('Z'));
    const length = (p) => Date.parse(param(p, 'to')) - Date.parse(param(p, 'from'));
    assert.ok(Math.abs(length(page) / 3600e3 - 6) < 1, `a quarter of a day is ${length(page) / 3600e3} h`);
    const brushed = length(page);
    await page.waitForFunction(() => !document.querySelector('.histogram.stale'));
    await page.getByRole('group', { name: /Events over time/ }).focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight']) await page.keyboard.press(key);
    assert.match(await page.locator('.histogram-legend').textContent(), /\d+ events?$/);
    await page.keyboard.press('Enter');
    await until('a part of the part is asked for', () => length(page) < brushed / 10);
  });
});

test('columns are chosen, and a link shows the same to others', async () => {
  await visit('/?app=web', 'wide', {}, async (page) => {
    await settled(page);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByLabel('Find a field').fill('status');
    await page.getByLabel('http.response.status_code').check();
    await sound(page, 'the columns', { covered: true });
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'http.response.status_code' }).waitFor();
    await ask(page, 'http.response.status_code:>=500');
    await page.waitForFunction(() => [...document.querySelectorAll('.event [data-column="http.response.status_code"]')].every((c) => c.textContent === '500'));
    await page.getByRole('button', { name: 'Share' }).click();
    await page.getByText('Link copied').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(link, /from=2\d{3}-.*Z&to=2\d{3}-/);
    await page.goto(link);
    await settled(page);
    await page.getByRole('columnheader', { name: 'http.response.status_code' }).waitFor();
    let before = -1;
    await until('the same times find the same, once their lines have come', async () => {
      await page.reload();
      await settled(page);
      const now = await total(page);
      const same = now === before;
      before = now;
      return same;
    });
  });
});

test('what was found is saved as CSV and as NDJSON', async () => {
  await visit('/?q=refused', 'wide', {}, async (page) => {
    await settled(page);
    const found = await total(page);
    const save = async (name) => {
      await page.getByRole('button', { name: 'Download' }).click();
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      return readFileSync(await file.path(), 'utf8');
    };
    const table = (await save(/^CSV/)).trimEnd().split('\r\n');
    assert.equal(table[0], '\uFEFF@timestamp,log.level,service.name,host.name,message');
    assert.match(table[1], /^2\d{3}-.*Z,error,shop,web-1,payment refused$/);
    assert.ok(table.length - 1 >= found, `${table.length - 1} lines of ${found}`);
    const events = (await save(/^NDJSON/)).trimEnd().split('\n').map(JSON.parse);
    assert.ok(events.length >= found && events.every((e) => e._id.length === 32 && e.message.includes('refused')));
  });
});

test('further events come by scrolling, and keys move between them', async () => {
  await visit('/?refresh=0', 'wide', {}, async (page) => {
    await settled(page);
    await page.locator('.row-toggle').first().focus();
    await until('the focus is on an event of a later page', async () => {
      await page.keyboard.press('PageDown');
      return page.evaluate(() => Number(document.activeElement?.closest('[data-index]')?.dataset.index) > 60);
    });
    assert.ok((await rows(page).count()) < 120, 'only what is in view is in the page');
    const times = await page.locator('.event time').evaluateAll((all) => all.map((t) => t.dateTime));
    assert.deepEqual(times, [...times].sort().reverse(), 'newest first');
    assert.match(await page.locator('.event time').first().getAttribute('title'), /UTC$/);
  });
});

test('Escape closes an event and leaves the focus on it', async () => {
  await visit('/?refresh=0', 'wide', {}, async (page) => {
    await settled(page);
    const toggle = page.locator('.row-toggle').first();
    await toggle.focus();
    await page.keyboard.press('Enter');
    await page.locator('.event-detail').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    await page.locator('.event-detail').waitFor({ state: 'detached' });
    assert.ok(await toggle.evaluate((button) => button === document.activeElement));
  });
});

test('nothing moves when a slow answer comes', async () => {
  await visit('/fleet', 'wide', {}, async (page) => {
    let release;
    const answer = new Promise((done) => (release = done));
    await page.route('**/api/v1/search?*', async (route) => {
      await answer;
      await route.continue();
    });
    await page.getByRole('navigation').getByRole('link', { name: 'Search' }).click();
    await page.getByText('Searching…').waitFor();
    const top = () => page.locator('.toolbar').evaluate((bar) => bar.getBoundingClientRect().top);
    const before = await top();
    release();
    await settled(page);
    assert.equal(await top(), before);
  });
});

test('the page is dark where the system is, and as was chosen', async () => {
  await visit('/', 'wide', { theme: 'dark' }, async (page) => {
    await settled(page);
    await sound(page, 'search in the dark');
    await picture(page, 'search-dark');
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.getByRole('button', { name: /Switch to light/ }).click();
    assert.notEqual(await ground(), dark);
    await page.reload();
    assert.notEqual(await ground(), dark, 'the choice is kept');
  });
});
