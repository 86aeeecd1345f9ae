import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { picture, sound } from './browser.mjs';
import { api, put } from './site.mjs';
import { site, visitor } from './story.mjs';
import { until } from './wait.mjs';

const visit = visitor();

/** From the list, too, the count of failures leads to them. */
async function visitCollections(page) {
  await page.getByRole('link', { name: 'Collections' }).click();
  await page.getByRole('link', { name: '120 failures of orders: show the events' }).click();
  await page.waitForURL(/millrace\.collection/);
}

for (const size of ['wide', 'narrow']) {
  test(`the flow shows what runs where (${size})`, async () => {
    await visit('/pipeline', size, {}, async (page) => {
      for (const stage of ['Agents', 'Enrich', 'Indexer', 'Adopt']) await page.getByRole('region', { name: stage, exact: true }).first().waitFor();
      for (const stage of ['Agents', 'Enrich', 'Indexer']) {
        const figures = page.getByRole('region', { name: stage, exact: true }).first().locator('dl');
        await until(`events run through ${stage}`, async () => /Out\s+[1-9][\d.]*( k)?\/s/.test(await figures.innerText()), 60);
      }
      await sound(page, 'pipeline');
      const apart = await page.getByRole('heading', { name: 'In figures' }).evaluate((h) => h.nextElementSibling.getBoundingClientRect().top - h.getBoundingClientRect().bottom);
      assert.ok(apart >= 8, `a heading stands ${apart} px above its table, whatever page was visited before`);
      await picture(page, `pipeline-${size}`);
      const row = await page.locator('.sheet tr', { hasText: 'Indexer' }).first().innerText();
      assert.match(row.replace(/\s+/g, ' '), /Indexer.* [1-9][\d,]+ /, 'it has counted events');
      await page.getByRole('heading', { name: 'Left out, and why' }).waitFor();
      await page.getByText('No role runs as a process of its own').waitFor();
    });
  });
}

// `up` is one process with topics of its own making, so what a cluster may tell is put into its answer here.
for (const size of ['wide', 'narrow']) {
  test(`servers and topics of a cluster are shown (${size})`, async () => {
    await visit('/pipeline', size, {}, async (page) => {
      await page.route('**/api/v1/pipeline', async (route) => {
        const response = await route.fetch();
        const at = new Date(Date.now() - 3600e3).toISOString();
        await route.fulfill({ response, json: {
          ...(await response.json()),
          roles: [{ role: 'admin', id: '5f2c', host: 'admin-1', version: '1.0', metrics: '', since: at, leads: ['topics'] }, { role: 'indexer', id: '77ab', host: 'index-1', version: '1.0', metrics: '', since: at, leads: [] }],
          topics: [{ topic: 'raw', what: 'max.message.bytes is 65536, not 1048576', fix: 'kafka-configs.sh --alter --topic raw --add-config max.message.bytes=1048576', fatal: true }],
        } });
      });
      await page.reload();
      const servers = page.locator('section', { has: page.getByRole('heading', { name: 'Servers' }) });
      for (const text of ['admin-1', 'topics', 'index-1']) await servers.getByText(text, { exact: true }).waitFor();
      await page.getByText('must be mended').waitFor();
      await page.getByText('kafka-configs.sh --alter --topic raw').waitFor();
      await sound(page, 'servers and topics');
    });
  });
}

// A release of an application writes other lines than its collection can read. They are real
// lines: the agent reads them, the processor fails on them, its beat tells of it.
test('a pipeline that begins to fail is shown with its last lines', async (t) => {
  const file = join(site.logs, 'web-1', 'orders.log');
  const order = (n) => `${new Date().toISOString()} order=${n} state=placed\n`;
  const changed = (n) => `order ${n} <b>placed</b> by a customer with rather a long name at the counter of the shop in the old town, paid in cash\n`;
  const write = (of, from, to) => appendFileSync(file, Array.from({ length: to - from }, (_, i) => of(from + i)).join(''));
  const pipeline = [{ dissect: { field: 'message', pattern: '%{@timestamp} order=%{order.id} state=%{order.state}' } }];
  write(order, 0, 500);
  await put(site, 'orders', { app: 'orders', select: { hosts: ['web-*'] }, paths: [file], pipeline });
  t.after(() => api(site, '/collections/orders', { method: 'DELETE' }));
  const found = async (n) => (await api(site, '/search?size=1&from=now-1h&app=orders')).total >= n;
  await until('the first orders are found', () => found(500), 60);
  assert.deepEqual((await api(site, '/pipeline')).failing ?? [], []);
  write(changed, 500, 620);

  for (const size of ['wide', 'narrow']) {
    await visit('/pipeline', size, {}, async (page) => {
      const failing = page.getByRole('region', { name: 'Failures of orders' });
      await failing.waitFor({ timeout: 60_000 });
      await until('ten lines are shown', async () => (await failing.locator('.failing-line').count()) === 10);
      assert.match(await failing.locator('.failing-line').first().innerText(), /^order 619 <b>placed<\/b>/, 'the newest stands first, as it was written');
      const text = await failing.innerText();
      for (const shown of [/\d %\s+of the lines of the last minute, 120 of \d+/, /dissect/, file, 'web-1']) assert.ok(typeof shown === 'string' ? text.includes(shown) : shown.test(text), `${shown} is not in ${text}`);
      await page.getByRole('heading', { name: 'The pipeline of orders fails' }).evaluate((heading) => {
        heading.style.scrollMarginTop = '70px'; // clear of the bar
        heading.scrollIntoView();
      });
      await sound(page, 'a failing pipeline');
      await picture(page, `failing-${size}`);
      await failing.getByRole('link', { name: 'see them all' }).click();
      await page.getByText('pipeline[0].dissect', { exact: false }).first().waitFor();
      assert.equal(Number((await page.locator('.total strong').first().textContent()).replace(/\D/g, '')), 120, 'the events that failed, and no others');
      await visitCollections(page);
    });
  }
});
