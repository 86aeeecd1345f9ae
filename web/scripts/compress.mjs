// Packs what was built, once, with the patience a server has not, and says what it
// weighs: the whole page must stay under 300 kB.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const LIMIT = 300_000;
const dir = new URL('../dist/app/', import.meta.url).pathname;
let total = 0;
for (const name of readdirSync(dir, { recursive: true }).sort()) {
  const file = join(dir, name);
  if (!statSync(file).isFile() || !/\.(html|js|css|svg|json)$/.test(name)) continue;
  const body = readFileSync(file);
  const packed = gzipSync(body, { level: 9 });
  if (packed.length < body.length) writeFileSync(`${file}.gz`, packed);
  const size = Math.min(packed.length, body.length);
  total += size;
  console.log(`  ${name.padEnd(40)} ${(size / 1000).toFixed(1).padStart(7)} kB gzip`);
}
console.log(`  ${'total'.padEnd(40)} ${(total / 1000).toFixed(1).padStart(7)} kB gzip`);
if (total > LIMIT) {
  console.error(`The page weighs more than ${LIMIT / 1000} kB.`);
  process.exit(1);
}
