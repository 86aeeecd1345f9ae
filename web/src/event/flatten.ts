// An event as its fields: nested objects become dotted names, arrays stay whole.
import type { Json, LogEvent } from '../api/types';

export type Flat = Record<string, Json>;

const cache = new WeakMap<LogEvent, Flat>();

export function flatten(event: LogEvent): Flat {
  let flat = cache.get(event);
  if (!flat) {
    flat = {};
    walk(event, '', flat);
    cache.set(event, flat);
  }
  return flat;
}

function walk(value: LogEvent, prefix: string, out: Flat): void {
  for (const [key, v] of Object.entries(value)) {
    const path = prefix ? `${prefix}.${key}` : key;
    if (v !== null && typeof v === 'object' && !Array.isArray(v) && Object.keys(v).length > 0) walk(v, path, out);
    else out[path] = v;
  }
}

/** A value as text: strings as they are, the rest as JSON. */
export function text(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The values of a field that can be searched for: those of an array one by one. */
export function scalars(value: Json): (string | number | boolean)[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((v): v is string | number | boolean => v !== null && typeof v !== 'object');
}
