import assert from 'node:assert/strict';
import { test } from 'node:test';
import { picture, sound } from './browser.mjs';
import { site, visitor } from './story.mjs';
import { until } from './wait.mjs';

const visit = visitor();

for (const size of ['wide', 'narrow']) {
  test(`the fleet shows each agent and how far it has read (${size})`, async () => {
    await visit('/fleet', size, {}, async (page) => {
      await page.getByRole('link', { name: 'db-1' }).waitFor();
      await page.getByText('2 running').waitFor();
      await page.getByText('zone=eu-1').waitFor();
      await until('a rate is shown', async () => /[1-9][\d.]*\/s/.test(await page.locator('.sheet').innerText()), 60);
      await sound(page, 'fleet');
      await picture(page, `fleet-${size}`);
      await page.getByLabel('Find a host').fill('db');
      assert.equal(await page.getByRole('link', { name: 'web-1' }).count(), 0);
      await page.getByLabel('Find a host').fill('');

      await page.getByRole('link', { name: 'web-1' }).click();
      await page.getByRole('heading', { name: /web-1/ }).waitFor();
      await page.getByRole('heading', { name: 'Files' }).waitFor();
      await page.getByText('web-1/app.json').waitFor();
      assert.equal(await page.locator('.file-path').count(), 2);
      const comes = page.locator('section', { has: page.getByRole('heading', { name: 'What comes from it' }) });
      await comes.getByText('shop', { exact: true }).waitFor();
      await until('bytes come', async () => /[1-9][\d.]* (B|KiB)\/s/.test(await comes.innerText()), 60);
      await sound(page, 'an agent');
      await picture(page, `agent-${size}`);
      const asked = page.getByLabel('Why is this file (not) collected?');
      await asked.fill(`${site.logs}/web-1/app.json`);
      await page.getByRole('button', { name: 'Ask the agent' }).click();
      const verdict = page.locator('.explain-verdict .state');
      await page.locator('.explain').getByRole('link', { name: 'shop-app' }).waitFor();
      assert.equal(await verdict.innerText(), 'collected');
      await asked.fill(`${site.logs}/web-1/nothing.txt`);
      await page.getByRole('button', { name: 'Ask the agent' }).click();
      await verdict.getByText('no match').waitFor();
      await sound(page, 'an explanation');
      await picture(page, `explain-${size}`);
      await page.getByRole('link', { name: 'Its events' }).click();
      await page.locator('.event').first().waitFor();
      assert.equal(new URL(page.url()).searchParams.get('host'), 'web-1');
    });
  });
}

test('what was searched for in the fleet is there again after a look at an agent', async () => {
  await visit('/fleet', 'wide', {}, async (page) => {
    await page.getByLabel('Find a host').fill('db');
    await until('the address has what is looked for', async () => new URL(page.url()).search === '?q=db');
    await page.getByRole('link', { name: 'db-1' }).click();
    await until('the tab is called as the agent', async () => (await page.title()) === 'db-1 · Fleet · Millrace');
    await page.goBack();
    await page.getByRole('link', { name: 'db-1' }).waitFor();
    assert.equal(await page.getByLabel('Find a host').inputValue(), 'db');
    assert.equal(await page.getByRole('link', { name: 'web-1' }).count(), 0);
    await page.reload();
    await page.getByRole('link', { name: 'db-1' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'web-1' }).count(), 0);
  });
});

test('an agent that nobody knows is said to be none', async () => {
  await visit('/fleet/nobody', 'wide', { expect: [404] }, async (page) => {
    await page.getByRole('heading', { name: 'There is no such agent' }).waitFor();
    await sound(page, 'no such agent');
  });
});

// Five hundred agents are more than a test runs, so the one answer is made into many here.
for (const size of ['wide', 'narrow']) {
  test(`of a large fleet the silent agents stand first, and a state shows its own (${size})`, async () => {
    await visit('/fleet', size, {}, async (page) => {
      await page.route('**/api/v1/agents', async (route) => {
        const response = await route.fetch();
        const { agents: [one] } = await response.json();
        const state = (i) => (i % 50 === 4 ? 'silent' : i % 100 === 8 ? 'stopped' : 'running');
        const host = (i) => (i % 7 === 4 ? `host-${i}.with-a-very-long-name.eu-central-1.compute.internal.example.com` : `host-${i}`);
        await route.fulfill({ response, json: { agents: Array.from({ length: 500 }, (_, i) => ({ ...one, id: String(i).padStart(24, '0'), host: host(i), state: state(i) })) } });
      });
      await page.reload();
      await page.getByText('485 running').waitFor();
      const states = page.locator('[data-label="State"]');
      assert.equal(await states.count(), 500);
      assert.match(await states.nth(9).innerText(), /silent/);
      assert.match(await states.nth(10).innerText(), /running/);
      assert.match(await states.nth(499).innerText(), /stopped/);
      await page.getByRole('button', { name: 'Show the 10 silent' }).click();
      await until('only they are shown', async () => (await states.count()) === 10);
      await sound(page, 'the silent agents of a large fleet');
    });
  });
}
