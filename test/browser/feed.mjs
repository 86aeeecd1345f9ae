// Writes the logs of a small shop: an nginx access log and an application log in
// JSON, some of whose errors carry a stack trace. The same seed writes the same lines.
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

export class Shop {
  #seed;
  constructor(dir, seed = 7) {
    this.access = join(dir, 'access.log');
    this.app = join(dir, 'app.json');
    this.#seed = seed;
    mkdirSync(dir, { recursive: true });
  }

  /** Writes n lines to each log, their times ending at `until`, `spread` ms long. */
  write(n, until = Date.now(), spread = 1000) {
    let access = '';
    let app = '';
    for (let i = 0; i < n; i++) {
      const at = new Date(until - spread + ((i + 1) * spread) / n);
      access += this.#request(at);
      app += this.#event(at);
    }
    appendFileSync(this.access, access);
    appendFileSync(this.app, app);
  }

  #random() { // mulberry32
    let t = (this.#seed += 0x6d2b79f5);
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  #pick(list) {
    return list[Math.floor(this.#random() * list.length)];
  }

  #request(at) {
    const two = (v) => String(v).padStart(2, '0');
    const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
    const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
    const status = this.#pick([200, 200, 200, 200, 200, 200, 304, 404, 301, 500]);
    const bytes = Math.floor(this.#random() * 20000);
    const ip = `203.0.113.${Math.floor(this.#random() * 250) + 1}`;
    return `${ip} - - [${day}:${time} +0000] "GET ${this.#pick(PATHS)} HTTP/1.1" ${status} ${bytes} "-" "${this.#pick(AGENTS)}"\n`;
  }

  #event(at) {
    const level = this.#pick(['info', 'info', 'info', 'info', 'debug', 'debug', 'warn', 'error']);
    const event = {
      time: at.toISOString(), level, msg: this.#pick(MESSAGES[level]), logger: this.#pick(['shop.orders', 'shop.mail', 'shop.cart']),
      order: { id: 1000 + Math.floor(this.#random() * 9000), total: Math.floor(this.#random() * 20000) / 100 },
      took_ms: Math.floor(this.#random() * 900),
    };
    if (level === 'error') {
      event.error = { type: 'IllegalStateException', stack_trace: TRACE };
    }
    return JSON.stringify(event) + '\n';
  }
}

// node feed.mjs DIR [LINES_PER_SECOND] [HOURS_BACK]: fill in the past, then go on until interrupted.
if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [dir, rate = '20', hours = '0'] = process.argv.slice(2);
  const shop = new Shop(dir, Date.now() % 1000);
  for (let h = Number(hours); h > 0; h -= 0.25) {
    const n = Math.round(60 + 240 * Math.abs(Math.sin(h)));
    shop.write(n, Date.now() - (h - 0.25) * 3600_000, 15 * 60_000);
  }
  setInterval(() => shop.write(Math.max(1, Math.round(Number(rate) / 4)), Date.now(), 250), 250);
}
