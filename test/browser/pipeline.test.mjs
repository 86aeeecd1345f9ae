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
      const out = page.getByRole('region', { name: 'Enrich', exact: true }).first().locator('dl');
      await until('lines run through enrich', async () => /Out\s+[1-9][\d.]* ?k?\/s/.test(await out.innerText()), 60);
      await sound(page, 'pipeline');
      await picture(page, `pipeline-${size}`);
      const row = page.locator('.sheet tr', { hasText: 'Indexer' }).first();
      assert.match(await row.innerText(), /\d/);
      await page.getByRole('heading', { name: 'Left out, and why' }).waitFor();
    });
  });
}
