// Writes the logs of a small shop: an nginx access log, an application log in JSON,
// some of whose errors carry a stack trace, and its database's syslog. The same seed
// writes the same lines.
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const PATHS = ['/', '/cart', '/checkout', '/api/items?page=2', '/img/logo.svg', '/login'];
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'curl/8.14.1', 'Go-http-client/2.0'];
const MESSAGES = {
  info: ['order placed', 'payment accepted', 'session opened', 'cart updated'],
  warn: ['slow answer from the payment provider', 'stock is low', 'retrying the mail server'],
  error: ['payment refused', 'order could not be stored'],
  debug: ['cache hit', 'cache miss'],
};
const TRACE = [
  'java.lang.IllegalStateException: connection pool is exhausted',
  '\tat shop.db.Pool.take(Pool.java:118)',
  '\tat shop.orders.Store.save(Store.java:64)',
  '\tat shop.orders.Checkout.place(Checkout.java:201)',
].join('\n');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (v) => String(v).padStart(2, '0');
const clock = (at) => `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;

/** mulberry32: small, and the same on every machine. */
function generator(seed) {
  return () => {
    let t = (seed += 0x6d2b79f5);
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Writer {
  constructor(dir, files, seed) {
    mkdirSync(dir, { recursive: true });
    this.files = files.map((name) => join(dir, name));
    this.random = generator(seed);
  }

  pick(list) {
    return list[Math.floor(this.random() * list.length)];
  }

  /** Writes n lines to each file, their times ending at `until` and `spread` ms long. */
  write(n, until = Date.now(), spread = 1000) {
    const texts = this.files.map(() => '');
    for (let i = 0; i < n; i++) {
      const at = new Date(until - spread + ((i + 1) * spread) / n);
      this.lines(at).forEach((line, file) => (texts[file] += `${line}\n`));
    }
    texts.forEach((text, file) => appendFileSync(this.files[file], text));
  }
}

export class Shop extends Writer {
  constructor(dir, seed = 7) {
    super(dir, ['access.log', 'app.json'], seed);
  }

  lines(at) {
    return [this.request(at), JSON.stringify(this.event(at))];
  }

  request(at) {
    const time = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}:${clock(at)} +0000`;
    const status = this.pick([200, 200, 200, 200, 200, 200, 304, 404, 301, 500]);
    const ip = `203.0.113.${Math.floor(this.random() * 250) + 1}`;
    return `${ip} - - [${time}] "GET ${this.pick(PATHS)} HTTP/1.1" ${status} ${Math.floor(this.random() * 20000)} "-" "${this.pick(AGENTS)}"`;
  }

  event(at) {
    const level = this.pick(['info', 'info', 'info', 'info', 'info', 'info', 'info', 'debug', 'debug', 'warn', 'warn', 'error']);
    const event = {
      time: at.toISOString(), level, msg: this.pick(MESSAGES[level]), logger: this.pick(['shop.orders', 'shop.mail', 'shop.cart']),
      order: { id: 1000 + Math.floor(this.random() * 9000), total: Math.floor(this.random() * 20000) / 100 },
      took_ms: Math.floor(this.random() * 900),
    };
    if (level === 'error') event.error = { type: 'IllegalStateException', stack_trace: TRACE };
    return event;
  }
}

export class Database extends Writer {
  constructor(dir, seed = 11) {
    super(dir, ['postgres.log'], seed);
  }

  lines(at) {
    const what = this.pick(['checkpoint complete', 'connection received', 'automatic vacuum of table "orders"', 'duration: 1204 ms  statement: select * from orders']);
    return [`${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${clock(at)} db-1 postgres[812]: ${what}`];
  }
}

/** Writes what happened in the last hours, more at some times than at others. */
export function past(writers, hours, most = 600) {
  const quarter = 15 * 60_000;
  for (let back = hours * 4; back > 0; back--) {
    const n = Math.round(most * (0.25 + 0.75 * Math.abs(Math.sin(back / 9)) * (0.7 + 0.3 * Math.sin(back))));
    for (const w of writers) w.write(Math.max(1, n), Date.now() - (back - 1) * quarter, quarter);
  }
}

// node feed.mjs DIR [LINES_PER_SECOND] [HOURS_BACK]: the past first, then on until interrupted.
if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [dir, rate = '20', hours = '0'] = process.argv.slice(2);
  const shop = new Shop(dir);
  past([shop], Number(hours));
  setInterval(() => shop.write(Math.max(1, Math.round(Number(rate) / 4)), Date.now(), 250), 250);
}
