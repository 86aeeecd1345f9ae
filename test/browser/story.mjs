// What the stories share: the site that run.mjs started, and one browser a file.
import { after, before } from 'node:test';
import { launch, open } from './browser.mjs';

if (!process.env.SITE) throw new Error('start the stories with run.mjs');
export const site = JSON.parse(process.env.SITE);
export const binary = process.env.BINARY;

/** Keeps a browser for the tests of a file, and opens pages of the site in it. */
export function visitor() {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());
  return async (path, size, options, visit) => {
    const url = path.startsWith('http') ? path : site.url + path;
    const { page, close } = await open(browser, url, size, options);
    await visit(page);
    await close();
  };
}
