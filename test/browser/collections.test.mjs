import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { picture, sound } from './browser.mjs';
import { api, put } from './site.mjs';
import { site, visitor } from './story.mjs';
import { until } from './wait.mjs';

const visit = visitor();
after(() => api(site, '/collections/contested', { method: 'DELETE' }));
const config = (name) => api(site, `/collections/${name}`);
const names = async () => (await api(site, '/collections')).collections.map((c) => c.name);

for (const size of ['wide', 'narrow']) {
  const name = `made-${size}`;
  test(`a collection is made, changed and deleted (${size})`, async () => {
    await visit('/collections', size, { expect: [422] }, async (page) => {
      await page.getByRole('link', { name: 'shop-access' }).waitFor();
      await page.getByText('1 host').first().waitFor();
      await sound(page, 'collections');
      await picture(page, `collections-${size}`);

      await page.getByRole('link', { name: 'New collection' }).click();
      await page.getByRole('heading', { name: 'New collection' }).waitFor();
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByText('3 problems').waitFor();
      await page.getByLabel('Name').fill(name);
      await page.getByLabel('App').fill('Made Up');
      await page.getByLabel('Paths').fill('/var/log/made.log\nrelative.log');
      const problems = (label) => page.locator('.field', { has: page.getByLabel(label) }).locator('.field-problem');
      await problems('App').getByText('app must be').waitFor();
      await problems('Paths').getByText('must be an absolute path').waitFor();
      assert.match(await problems('Paths').textContent(), /relative\.log/, 'the entry is named');

      await page.getByRole('button', { name: '+ JSON lines' }).click();
      const steps = page.getByLabel('Steps');
      assert.equal(await steps.inputValue(), '[\n  {"format": "json"}\n]');
      await steps.fill('[\n  {"format": "json"},\n  {"formt": "x"}\n]');
      await problems('Steps').getByText(/^Line 3: /).waitFor();
      await sound(page, 'a form with problems');
      await picture(page, `problems-${size}`);
      await steps.fill('[\n  {"format": "json"},\n]');
      await problems('Steps').getByText(/line 3: a value is expected/).waitFor();
      assert.equal((await names()).includes(name), false);

      await steps.fill('[{"format": "json"}]');
      await page.getByLabel('App').fill('made');
      await page.getByLabel('Paths').fill('/var/log/made.log');
      await page.getByText('The server finds no problem').waitFor();
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('link', { name }).waitFor();
      assert.deepEqual((await config(name)).paths, ['/var/log/made.log']);

      await page.getByRole('link', { name }).click();
      await page.getByLabel('Description').fill('made by a test');
      await page.getByRole('button', { name: 'Publish' }).click();
      await page.getByText('made by a test').waitFor();
      await page.goBack();
      assert.notEqual(new URL(page.url()).pathname, `/collections/${name}`, 'back does not lead into the form again');
      await page.goForward();
      assert.equal((await config(name)).description, 'made by a test');

      await page.getByRole('link', { name }).click();
      await page.getByRole('button', { name: 'Delete' }).click();
      const dialog = page.getByRole('dialog', { name: `Delete ${name}?` });
      await dialog.waitFor();
      await sound(page, 'the question before deleting');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      assert.ok((await names()).includes(name), 'Escape keeps it');
      assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Delete', 'the focus is where it was');
      await page.getByRole('button', { name: 'Delete' }).click();
      await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
      await until('it is gone', async () => !(await names()).includes(name));
      await page.getByRole('heading', { name: 'Collections' }).waitFor();
    });
  });
}

const TRACE = [
  '2026-11-22 19:00:00,123 INFO  [main] com.acme.Billing - invoice 1 sent',
  '2026-11-22 19:00:01,123 ERROR [worker-1] com.acme.Billing - could not charge',
  'java.lang.IllegalStateException: card refused', '\tat com.acme.Billing.charge(Billing.java:10)', 'Caused by: java.io.IOException: timed out', '\t... 2 more',
  '2026-11-22 19:00:02,123 INFO  [main] com.acme.Billing - invoice 2 sent',
].join('\n');

for (const size of ['wide', 'narrow']) {
  test(`stack traces among the lines are seen and joined (${size})`, async () => {
    await visit('/new-collection', size, { expect: [422] }, async (page) => {
      await page.getByLabel('Sample lines').fill(TRACE);
      await page.getByText('7 parsed').waitFor();
      await page.getByRole('button', { name: 'Suggest steps' }).click();
      await page.getByText('Stack traces of Java lie among the lines').waitFor();
      await sound(page, 'stack traces among the lines');
      await page.getByRole('button', { name: 'Join them' }).click();
      await page.getByText('3 parsed').waitFor();
      await page.getByRole('button', { name: 'Use log4j' }).click();
      await page.getByText('3 parsed').waitFor();
      const failed = page.getByRole('list', { name: 'Results' }).locator('.tried-line').nth(1);
      await failed.getByRole('button').first().click();
      await failed.getByText('error.stack_trace').waitFor();
      await page.getByText('How files are read').click();
      assert.equal(await page.getByLabel('Events of several lines').inputValue(), 'java');
    });
  });
}

const GOOD = '203.0.113.7 - - [22/Nov/2026:19:00:00 +0000] "GET /cart?id=1 HTTP/1.1" 500 19 "-" "curl/8.14.1"';

for (const size of ['wide', 'narrow']) {
  test(`steps are tried on lines before any host runs them (${size})`, async () => {
    await visit('/new-collection', size, { expect: [422] }, async (page) => {
      const sample = page.getByLabel('Sample lines');
      const steps = page.getByLabel('Steps');
      const results = page.getByRole('list', { name: 'Results' }).locator('.tried-line');
      await sample.fill(`${GOOD}\nnot a request\nhealth`);
      await page.getByText('3 parsed').waitFor();

      await page.getByRole('button', { name: 'Suggest steps' }).click();
      await page.getByRole('button', { name: 'Use nginx.access' }).waitFor();
      await sound(page, 'proposals');
      await page.getByRole('button', { name: 'Use nginx.access' }).click();
      assert.equal(await steps.inputValue(), '[\n  {"format": "nginx.access"}\n]');
      await page.getByText('1 parsed, 2 failed').waitFor();
      await page.getByRole('button', { name: 'Undo' }).click();
      assert.equal(await steps.inputValue(), '[]');

      await steps.fill('[\n  {"drop": {"if": "message == \\"health\\""}},\n  {"format": "nginx.access"},\n  {"set": {"field": "labels.team", "value": "shop"}}\n]');
      await page.getByText('1 parsed, 1 failed, 1 dropped').waitFor();
      const failed = results.nth(1);
      assert.match(await failed.innerText(), /2\. format[\s\S]*no \[day/, 'the step that fails is open, with its reason');
      await results.nth(0).getByRole('button', { expanded: false }).click();
      const fields = (await results.nth(0).locator('.step-fields').first().innerText()).replace(/\s+/g, ' ');
      assert.match(fields, /http\.response\.status_code 500/);
      await results.nth(0).getByText('labels.team').waitFor();
      await sound(page, 'lines that were tried');
      await picture(page, `try-${size}`);
      await results.nth(0).getByRole('button', { name: 'Whole event' }).click();
      assert.match(await results.nth(0).locator('.tried-event').innerText(), /"status_code": 500/);

      await steps.fill('[\n  {"formt": "x"}\n]');
      await page.getByText('The steps have a problem.').waitFor();
      await page.locator('.field', { has: steps }).getByText(/^Line 2: /).waitFor();
      assert.equal(await results.count(), 3, 'what was known of the lines stays');
      await sound(page, 'steps with a problem beside their results');

      await page.reload();
      assert.match(await sample.inputValue(), /^203\.0\.113\.7/, 'the sample is kept');
    });
  });
}

for (const size of ['wide', 'narrow']) {
  test(`how files are read is set in the form (${size})`, async () => {
    const name = `read-${size}`;
    await put(site, name, { app: 'made', paths: ['/var/log/made.log'], max_line_bytes: 65536, limits: { lines_per_second: 100 } });
    await visit(`/collections/${name}`, size, { expect: [422] }, async (page) => {
      await page.getByText('How files are read').click();
      await page.getByLabel('Events of several lines').selectOption('start');
      await page.getByLabel('Pattern', { exact: true }).fill('^(');
      await page.getByLabel('Pattern', { exact: true }).blur();
      await page.locator('.field-problem', { hasText: 'not a usable pattern' }).waitFor();
      await sound(page, 'how files are read');
      await page.getByLabel('Pattern', { exact: true }).fill('^\\d');
      await page.getByLabel('is read if it was written to').check();
      await page.getByLabel('Age of files that are read').fill('36h');
      await page.getByLabel('Leave out files older than').fill('7d');
      await page.getByLabel('Charset').selectOption('gbk');
      await page.getByLabel('Most lines a second').fill('500');
      await page.getByText('The server finds no problem').waitFor();
      await sound(page, 'how files are read');
      await page.locator('summary', { hasText: 'How files are read' }).scrollIntoViewIfNeeded();
      await picture(page, `reading-${size}`);
      await page.getByRole('button', { name: 'Publish' }).click();
      await page.getByRole('heading', { name: 'Collections' }).waitFor();
      const now = await config(name);
      assert.deepEqual(
        [now.start, now.ignore_older, now.charset, now.max_line_bytes, now.limits.lines_per_second, now.multiline.mode, now.multiline.pattern],
        ['36h', '168h', 'gbk', 65536, 500, 'start', '^\\d'],
      );
      await api(site, `/collections/${name}`, { method: 'DELETE' });
    });
  });
}

test('two who change different things both get their way', async () => {
  await put(site, 'contested', { app: 'made', paths: ['/var/log/a.log'] });
  await visit('/collections/contested', 'wide', { expect: [412] }, async (page) => {
    await page.getByLabel('Description').fill('mine');
    await put(site, 'contested', { app: 'made', paths: ['/var/log/a.log'], retention_days: 30 });
    await page.getByRole('button', { name: 'Publish' }).click();
    const dialog = page.getByRole('dialog', { name: 'Somebody changed this collection meanwhile' });
    await dialog.getByText('retention_days').waitFor();
    await sound(page, 'the conflict');
    assert.equal((await config('contested')).description, undefined, 'nothing was overwritten');
    await dialog.getByRole('button', { name: 'Publish both changes' }).click();
    await page.getByRole('heading', { name: 'Collections' }).waitFor();
    const now = await config('contested');
    assert.deepEqual([now.description, now.retention_days], ['mine', 30]);
  });
});

test('two who change the same thing have to choose', async () => {
  await put(site, 'contested', { app: 'made', paths: ['/var/log/a.log'], description: 'first' });
  await visit('/collections/contested', 'narrow', { expect: [412] }, async (page) => {
    await page.getByLabel('Description').fill('mine');
    await put(site, 'contested', { app: 'made', paths: ['/var/log/a.log'], description: 'theirs' });
    await page.getByRole('button', { name: 'Publish' }).click();
    const dialog = page.getByRole('dialog', { name: 'Somebody changed this collection meanwhile' });
    await dialog.getByText('you changed it too').waitFor();
    await sound(page, 'the conflict on a small screen');
    await dialog.getByRole('button', { name: 'Take theirs, drop mine' }).click();
    assert.equal(await page.getByLabel('Description').inputValue(), 'theirs');
  });
});

test('a name that is taken is not overwritten', async () => {
  await put(site, 'contested', { app: 'made', paths: ['/var/log/a.log'] });
  await visit('/new-collection', 'wide', { expect: [412, 422] }, async (page) => {
    await page.getByLabel('Name').fill('contested');
    await page.getByLabel('App').fill('other');
    await page.getByLabel('Paths').fill('/var/log/b.log');
    await page.getByText('The server finds no problem').waitFor();
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('exists already').waitFor();
    assert.equal((await config('contested')).app, 'made');
  });
});

test('what has been filled in is not called missing while the server thinks', async () => {
  await visit('/new-collection', 'wide', { expect: [422] }, async (page) => {
    const name = page.getByLabel('Name');
    await name.focus();
    await page.keyboard.press('Tab');
    await page.locator('[aria-invalid="true"]').waitFor();
    await page.route('**/api/v1/**', () => undefined); // no answer any more
    await name.fill('bakery');
    await until('nothing is wrong with the name', async () => (await name.getAttribute('aria-invalid')) !== 'true');
  });
});

test('what could not be checked is checked once the server is back', async () => {
  await visit('/collections/shop-app', 'wide', { expect: ['ERR_FAILED'] }, async (page) => {
    await page.getByLabel('Description').waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await page.getByLabel('Description').fill('typed while it was away');
    await page.getByText('It could not be checked').waitFor();
    await page.getByText('The server does not answer.').first().waitFor();
    await page.unroute('**/api/**');
    await page.getByText('The server finds no problem').waitFor();
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
  });
});

test('what was typed is not lost by a click', async () => {
  await visit('/collections/shop-app', 'wide', {}, async (page) => {
    await page.getByLabel('Description').fill('half a thought');
    page.once('dialog', (dialog) => dialog.dismiss());
    await page.getByRole('link', { name: 'Fleet' }).click();
    assert.equal(await page.getByLabel('Description').inputValue(), 'half a thought');
    page.once('dialog', (dialog) => dialog.accept());
    await page.getByRole('link', { name: 'Fleet' }).click();
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
  });
});

test('a collection is shown whole', async () => {
  await visit('/collections/shop-access', 'wide', {}, async (page) => {
    await page.getByLabel('Steps').waitFor();
    await sound(page, 'a collection');
    await picture(page, 'collection-wide');
  });
});
