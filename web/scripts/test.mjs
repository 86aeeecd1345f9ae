// Runs the unit tests: Vite bundles each *.test.ts for Node, Node's own runner runs them.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { build } from 'vite';

const root = new URL('..', import.meta.url).pathname;
const out = `${root}node_modules/.cache/tests`;
const tests = readdirSync(`${root}src`, { recursive: true }).filter((name) => name.endsWith('.test.ts'));
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  build: {
    ssr: true,
    outDir: out,
    emptyOutDir: true,
    rollupOptions: {
      input: Object.fromEntries(tests.map((name) => [name.replace('.ts', ''), `${root}src/${name}`])),
      output: { entryFileNames: '[name].mjs' },
    },
  },
});
const files = readdirSync(out, { recursive: true }).filter((name) => name.endsWith('.test.mjs')).map((name) => `${out}/${name}`);
process.exit(spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit' }).status ?? 1);
