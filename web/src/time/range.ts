// Spans of time as the search box has them: relative to now, absolute, or all.

export interface Range {
  /** now-15m, an RFC 3339 time, or empty: from the first event. */
  from: string;
  /** Empty: until now. */
  to: string;
}

export const QUICK: { from: string; label: string }[] = [
  { from: 'now-5m', label: 'Last 5 minutes' },
  { from: 'now-15m', label: 'Last 15 minutes' },
  { from: 'now-1h', label: 'Last hour' },
  { from: 'now-4h', label: 'Last 4 hours' },
  { from: 'now-24h', label: 'Last 24 hours' },
  { from: 'now-7d', label: 'Last 7 days' },
  { from: 'now-30d', label: 'Last 30 days' },
  { from: '', label: 'All time' },
];

export const DEFAULT_FROM = 'now-24h';

const UNITS: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3, w: 604800e3 };

/** The time that a bound means, in milliseconds; undefined where it is open or no time. */
export function instant(bound: string, now: number): number | undefined {
  if (bound === '') return undefined;
  if (/^\d{9,}$/.test(bound)) return Number(bound);
  const relative = /^now((?:[-+]\d+[smhdw])*)$/.exec(bound);
  if (!relative) {
    const at = Date.parse(bound);
    return Number.isNaN(at) ? undefined : at;
  }
  let at = now;
  for (const [, sign, n, unit] of relative[1]!.matchAll(/([-+])(\d+)([smhdw])/g)) at += (sign === '-' ? -1 : 1) * Number(n) * UNITS[unit!]!;
  return at;
}

/** The same range with bounds that stay where they are; for links to show others. */
export function pinned(range: Range, now: number): Range {
  const fix = (bound: string, open: string) => {
    const at = bound.startsWith('now') ? instant(bound, now) : undefined;
    return at === undefined ? bound || open : new Date(at).toISOString();
  };
  return { from: fix(range.from, ''), to: fix(range.to, new Date(now).toISOString()) };
}

/** A range that moves with the clock, and so is worth asking for again. */
export function moves(range: Range): boolean {
  return range.to === '' || range.to.startsWith('now');
}

/** How the range reads, without the times: absolute ones are for a component to show. */
export function label(range: Range): string | undefined {
  if (range.to !== '') return undefined;
  const quick = QUICK.find((q) => q.from === range.from);
  if (quick) return quick.label;
  const found = /^now-(\d+)([smhdw])$/.exec(range.from);
  const names: Record<string, string> = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days', w: 'weeks' };
  return found ? `Last ${found[1]} ${names[found[2]!]}` : undefined;
}

/** The value of an <input type="datetime-local">, which has no zone: the viewer's. */
export function toLocal(at: number): string {
  const d = new Date(at);
  const shifted = new Date(at - d.getTimezoneOffset() * 60e3);
  return shifted.toISOString().slice(0, 19);
}

export function fromLocal(value: string): string {
  const at = Date.parse(value);
  return Number.isNaN(at) ? '' : new Date(at).toISOString();
}
