import assert from 'node:assert/strict';
import { test } from 'node:test';
import { picture, sound } from './browser.mjs';
import { visitor } from './story.mjs';
import { until } from './wait.mjs';

const visit = visitor();

for (const size of ['wide', 'narrow']) {
  test(`the flow shows what runs where (${size})`, async () => {
    await visit('/pipeline', size, {}, async (page) => {
      for (const stage of ['Agents', 'Enrich', 'Indexer', 'Adopt']) await page.getByRole('region', { name: stage, exact: true }).first().waitFor();
      for (const stage of ['Agents', 'Enrich', 'Indexer']) {
        const figures = page.getByRole('region', { name: stage, exact: true }).first().locator('dl');
        await until(`events run through ${stage}`, async () => /Out\s+[1-9][\d.]*( k)?\/s/.test(await figures.innerText()), 60);
      }
      await sound(page, 'pipeline');
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
