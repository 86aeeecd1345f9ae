// The whole state of the search page as the address has it, so that a link shows
// another person the same.
import type { SearchParams } from '../api/types';
import { term } from '../query/edit';
import { DEFAULT_FROM } from '../time/range';

export interface SearchState extends SearchParams {
  /** Seconds between refreshes; 0: only when asked. */
  refresh: number;
  columns: string[];
  wrap: boolean;
  tail: boolean;
}

export const DEFAULT_COLUMNS = ['log.level', 'service.name', 'host.name', 'message'];
export const REFRESHES = [0, 2, 5, 10, 30, 60];
const DEFAULT_REFRESH = 10;

export const EMPTY: SearchState = {
  q: '', app: '', host: '', level: '', from: DEFAULT_FROM, to: '',
  refresh: DEFAULT_REFRESH, columns: DEFAULT_COLUMNS, wrap: false, tail: false,
};

/** Reads the state out of an address; what is missing or wrong is as by default. */
export function parse(query: string): SearchState {
  const p = new URLSearchParams(query);
  const get = (name: string) => p.get(name) ?? '';
  const refresh = Number(p.get('refresh') ?? DEFAULT_REFRESH);
  const columns = get('cols').split(',').filter(Boolean).map(decode);
  return {
    q: get('q'), app: get('app'), host: get('host'), level: get('level'),
    from: p.get('from') ?? DEFAULT_FROM, to: get('to'),
    refresh: REFRESHES.includes(refresh) ? refresh : DEFAULT_REFRESH,
    columns: columns.length > 0 ? [...new Set(columns)] : DEFAULT_COLUMNS,
    wrap: get('wrap') === '1', tail: get('tail') === '1',
  };
}

/** Writes the state into an address, without what is as by default. */
export function format(state: SearchState): string {
  const p = new URLSearchParams();
  for (const name of ['q', 'app', 'host', 'level', 'from', 'to'] as const) {
    if (state[name] !== EMPTY[name]) p.set(name, state[name]);
  }
  if (state.refresh !== EMPTY.refresh) p.set('refresh', String(state.refresh));
  const columns = state.columns.map(encode).join(',');
  if (columns !== DEFAULT_COLUMNS.join(',')) p.set('cols', columns);
  if (state.wrap) p.set('wrap', '1');
  if (state.tail) p.set('tail', '1');
  return p.toString();
}

/** A comma in a field's name is the only sign that would be taken for another. */
const encode = (column: string) => column.replaceAll('%', '%25').replaceAll(',', '%2C');
const decode = (column: string) => column.replaceAll('%2C', ',').replaceAll('%25', '%');

/** The address of the events of a collection that its pipeline failed on: each is tagged by the step, and has the cause. */
export function failedEvents(collection: string): string {
  const columns = ['host.name', 'error.message', 'message'];
  return `/?${format({ ...EMPTY, q: `${term('millrace.collection', collection)} tags:_*_failure`, from: 'now-7d', columns })}`;
}
