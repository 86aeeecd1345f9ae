// Times in the viewer's zone, with UTC beside them; numbers and sizes for people.

const date = new Intl.DateTimeFormat(undefined, { month: 'short', day: '2-digit' });
const year = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: '2-digit' });
const count = new Intl.NumberFormat('en');

const two = (n: number) => String(n).padStart(2, '0');

/** 14:03:22, with .123 where milliseconds are asked for. */
export function clock(at: Date, millis = false): string {
  const text = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return millis ? `${text}.${String(at.getMilliseconds()).padStart(3, '0')}` : text;
}

/** Nov 22 14:03:22.123; with the year where it is not this one. */
export function stamp(at: Date, millis = true): string {
  const day = at.getFullYear() === new Date().getFullYear() ? date : year;
  return `${day.format(at)} ${clock(at, millis)}`;
}

/** What a time is in UTC, to be shown on hover. */
export function utc(at: Date): string {
  return Number.isNaN(at.getTime()) ? '' : `${at.toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

/** Whole numbers with separators. */
export function number(n: number): string {
  return count.format(Math.round(n));
}

/** 12.3 k: short numbers for axes and pictures. */
export function short(n: number): string {
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const) {
    if (n >= size) return `${trim(n / size)} ${unit}`;
  }
  return trim(n);
}

/** Bytes in steps of 1,024. */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return `${i === 0 ? number(n) : trim(n)} ${units[i]}`;
}

/** Lines a second. */
export function rate(n: number): string {
  return `${n > 0 && n < 0.05 ? '< 0.1' : short(n)}/s`;
}

function trim(n: number): string {
  return n >= 100 || Number.isInteger(n) ? count.format(Math.round(n)) : String(Number(n.toFixed(1)));
}

/** A span in its two largest units: 3 d 4 h, 12 s, 0.4 s. */
export function span(seconds: number): string {
  if (seconds < 0.05) return '0 s';
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [size, unit] of [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']] as const) {
    const n = Math.floor(rest / size);
    if (n > 0) parts.push(`${n} ${unit}`);
    rest -= n * size;
    if (parts.length === 2 || (parts.length === 1 && n === 0)) break;
  }
  return parts.join(' ');
}

/** How long ago: 5 s ago. */
export function ago(at: Date, now: number): string {
  const seconds = (now - at.getTime()) / 1000;
  return seconds < 1.5 ? 'just now' : `${span(Math.max(2, Math.round(seconds)))} ago`;
}
