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
      const servers = page.locator('section', { has: page.getByRole('heading', { name: 'Servers' }) });
      for (const role of ['admin', 'indexer', 'processor']) await servers.getByText(role, { exact: true }).waitFor();
    });
  });
}
