import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { picture, sound } from './browser.mjs';
import { site, visitor } from './story.mjs';
import { until } from './wait.mjs';

const visit = visitor();
let serial = 0;
const write = (level = 'error') => {
  const word = `mark${Date.now()}x${++serial}`;
  appendFileSync(`${site.logs}/web-1/app.json`, `${JSON.stringify({ time: new Date().toISOString(), level, msg: `order ${word} refused` })}\n`);
  return word;
};
const live = (page) => page.locator('.tail-status').getByText('Live', { exact: true }).waitFor();

for (const size of ['wide', 'narrow']) {
  test(`a written line is shown at once (${size})`, async (t) => {
    await visit('/?tail=1', size, {}, async (page) => {
      await live(page);
      await page.locator('.event').first().waitFor();
      await sound(page, 'the live tail');
      const began = Date.now();
      const word = write();
      await page.getByText(word).first().waitFor({ state: 'attached' });
      const took = Date.now() - began;
      t.diagnostic(`shown after ${took} ms`);
      assert.ok(took < 3000, `shown after ${took} ms`);
      await picture(page, `tail-${size}`);
    });
  });
}

test('pausing holds lines back and counts them', async () => {
  await visit('/?tail=1', 'wide', {}, async (page) => {
    await live(page);
    await page.locator('.event').first().waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    const word = write();
    await page.getByText(/\d+ waiting/).waitFor();
    await until('some wait', async () => Number((await page.getByText(/\d+ waiting/).textContent()).replace(/\D/g, '')) > 10);
    assert.equal(await page.getByText(word).count(), 0, 'nothing moves while paused');
    await sound(page, 'the paused tail');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.locator('.tail-status').getByText('Live', { exact: true }).waitFor();
    await until('the waiting lines came', async () => (await page.getByText(/\d+ waiting/).count()) === 0);
  });
});

test('only what matches comes', async () => {
  await visit('/?tail=1&level=error&q=refused', 'wide', {}, async (page) => {
    await live(page);
    const not = write('info');
    const word = write('error');
    await page.getByText(word).first().waitFor();
    assert.equal(await page.getByText(not).count(), 0);
    const levels = await page.locator('.event [data-column="log.level"]').allTextContents();
    assert.deepEqual([...new Set(levels)], ['error']);
  });
});

test('scrolling up stays, and a button leads back to the newest', async () => {
  await visit('/?tail=1', 'wide', {}, async (page) => {
    await live(page);
    const pane = page.locator('.results.tail');
    await until('there is something to scroll', () => pane.evaluate((el) => el.scrollHeight > el.clientHeight + 200));
    await pane.evaluate((el) => (el.scrollTop = 0));
    await page.getByRole('button', { name: 'To the newest' }).waitFor();
    assert.ok((await pane.evaluate((el) => el.scrollTop)) < 50);
    await page.getByRole('button', { name: 'To the newest' }).click();
    await until('the newest is in view', () => pane.evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight < 60));
  });
});

test('a query that is wrong is told', async () => {
  await visit('/?tail=1&q=%28a', 'wide', { expect: [422] }, async (page) => {
    await page.getByRole('alert').getByText(/column 1/).first().waitFor();
  });
});
