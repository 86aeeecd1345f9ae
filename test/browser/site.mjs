// A whole Millrace for the browser to look at: `up` as host web-1 with a shop, and a
// second agent as host db-1 with a database, all below one folder that goes afterwards.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, past, Shop } from './feed.mjs';
import { until } from './wait.mjs';

export const COLLECTIONS = (root) => ({
  'shop-access': { app: 'web', description: 'Access log of the shop front', select: { hosts: ['web-*'] }, paths: [`${root}/web-1/access.log*`], exclude: ['*.gz'], pipeline: [{ format: 'nginx.access' }] },
  'shop-app': { app: 'shop', description: 'Orders, payments and mail', select: { hosts: ['web-*'] }, paths: [`${root}/web-1/app.json`], pipeline: [{ format: 'json' }] },
  postgres: { app: 'db', description: 'The shop’s database', select: { hosts: ['db-*'] }, paths: [`${root}/db-1/*.log`], pipeline: [{ format: 'syslog' }] },
});

/** Starts everything and fills it; resolves when the lines of the past can be found. */
export async function startSite(binary, { hours = 24, tidy = false } = {}) {
  const root = tidy ? join(tmpdir(), 'millrace') : mkdtempSync(join(tmpdir(), 'millrace-web-'));
  if (tidy) rmSync(root, { recursive: true, force: true });
  const logs = join(root, 'log');
  const data = join(root, 'data');
  mkdirSync(join(logs, 'web-1'), { recursive: true });
  const stops = [() => rmSync(root, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of stops.reverse()) await step();
  };
  try {
    const shop = new Shop(join(logs, 'web-1'));
    const database = new Database(join(logs, 'db-1'));
    past([shop, database], hours);
    const up = run(binary, ['up', '--data', data, '--http', '127.0.0.1:0', '--host', 'web-1', '--allow-paths', `${logs}/web-1/**`]);
    stops.push(up.stop);
    const url = await up.ready;
    const agent = run(binary, [
      'agent', '-c', join(data, 'servers.yaml'), '--host', 'db-1', '--state-dir', join(root, 'db-1'), '--allow-paths', `${logs}/db-1/**`, '--labels', 'zone=eu-1',
    ]);
    stops.push(agent.stop);
    const site = { url, logs, shop, stop };
    for (const [name, config] of Object.entries(COLLECTIONS(logs))) await put(site, name, config);
    await until('the lines of the past are found', async () => {
      const found = await api(site, '/search?size=1&from=now-2d');
      return ['web', 'shop', 'db'].every((app) => found.facets.app.some((f) => f.value === app));
    });
    const steady = setInterval(() => {
      shop.write(2, Date.now(), 250);
      database.write(1, Date.now(), 250);
    }, 250);
    stops.push(() => clearInterval(steady));
    return site;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts an empty `up`, with a token if one is given. */
export async function startEmpty(binary, token = '') {
  const root = mkdtempSync(join(tmpdir(), 'millrace-web-'));
  const args = ['up', '--data', join(root, 'data'), '--http', '127.0.0.1:0', '--host', 'web-1', '--allow-paths', `${root}/log/**`];
  if (token) {
    writeFileSync(join(root, 'token'), token, { mode: 0o600 });
    args.push('--token', join(root, 'token'));
  }
  const up = run(binary, args);
  return {
    url: await up.ready,
    stop: async () => {
      await up.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Calls the API; an answer that is no 2xx is an error. */
export async function api(site, path, options = {}) {
  const response = await fetch(`${site.url}/api/v1${path}`, { ...options, headers: { 'Content-Type': 'application/json', ...options.headers } });
  if (!response.ok) throw new Error(`${options.method ?? 'GET'} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

export const put = (site, name, config) => api(site, `/collections/${name}`, { method: 'PUT', body: JSON.stringify(config) });

/** Runs a role; ready resolves with the address that `up` prints. */
function run(binary, args) {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const ready = new Promise((resolve, reject) => {
    child.stdout.on('data', (bytes) => {
      said += bytes;
      const url = /^ready (\S+)/m.exec(said)?.[1];
      if (url) resolve(url);
    });
    ended.then(() => reject(new Error(`${binary} ${args[0]} ended before it was ready:\n${said}`)));
  });
  ready.catch(() => undefined); // an agent is never asked
  child.stderr.on('data', (bytes) => (said = (said + bytes).slice(-20_000)));
  return {
    ready,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
