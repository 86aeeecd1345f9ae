// Runs the browser tests: one site for all of them, then each story in turn.
//   BINARY      the server to test (bin/millrace), built with its page
//   CHROMIUM    the browser (/usr/bin/chromium)
//   SCREENSHOTS set: pictures go to docs/screenshots
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { startSite } from './site.mjs';

const here = new URL('.', import.meta.url).pathname;
const binary = process.env.BINARY ?? new URL('../../bin/millrace', import.meta.url).pathname;
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
for (const [path, how] of [
  [binary, 'run `make build`'],
  [chromium, 'install Debian’s package chromium, or name a Chromium with CHROMIUM=…'],
  [new URL('../../web/node_modules/playwright-core', import.meta.url).pathname, 'run `npm ci` in web'],
]) {
  if (!existsSync(path)) {
    console.error(`${path} is missing: ${how}`);
    process.exit(1);
  }
}

const site = await startSite(binary, { tidy: Boolean(process.env.SCREENSHOTS) });
const wanted = process.argv.slice(2);
const stories = readdirSync(here).filter((name) => name.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((w) => name.includes(w)))).sort();
const tests = spawn(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', ...stories.map((name) => here + name)], {
  stdio: 'inherit', env: { ...process.env, BINARY: binary, CHROMIUM: chromium, SITE: JSON.stringify({ url: site.url, logs: site.logs }) },
});
const code = await new Promise((resolve) => tests.once('exit', resolve));
await site.stop();
process.exit(code ?? 1);
