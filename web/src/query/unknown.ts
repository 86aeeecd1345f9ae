// Finds the fields in a query that no event has: such a query finds nothing, and does not say why.
import { name } from './edit';
import { scan } from './scan';

export interface Unknown {
  field: string;
  /** A field that may have been meant, and the query with it; undefined where none comes near. */
  meant?: { field: string; query: string };
}

/** What people call these fields, the page's own columns and filters first. */
const SHORT: Record<string, string> = {
  app: 'service.name', service: 'service.name', env: 'service.environment', host: 'host.name', hostname: 'host.name', level: 'log.level', severity: 'log.level',
  logger: 'log.logger', file: 'log.file.path', path: 'log.file.path', msg: 'message', time: '@timestamp', timestamp: '@timestamp', collection: 'millrace.collection',
  status: 'http.response.status_code', method: 'http.request.method', url: 'url.original', ip: 'source.ip', error: 'error.message', tag: 'tags',
};

/** The first field of a query that is not among the known ones. Without known fields nothing is unknown. */
export function unknownField(query: string, known: string[]): Unknown | undefined {
  if (known.length === 0) return undefined;
  for (const piece of scan(query)) {
    if (piece.kind !== 'term') continue;
    const found = /^((?:\\.|[^\\:"])+):/.exec(query.slice(piece.start, piece.end));
    if (!found || /[*?]/.test(found[1]!)) continue;
    const field = found[1]!.replace(/\\(.)/g, '$1');
    if (field === '_exists_' || known.some((k) => k === field || k.startsWith(`${field}.`))) continue;
    const near = nearest(field, known);
    if (!near) return { field };
    return { field, meant: { field: near, query: query.slice(0, piece.start) + name(near) + query.slice(piece.start + found[1]!.length) } };
  }
  return undefined;
}

/** The field with another name for it, with its name in other letters, or the only one that ends with it. */
function nearest(field: string, known: string[]): string | undefined {
  const wanted = field.toLowerCase();
  const short = SHORT[wanted];
  if (short && known.includes(short)) return short;
  const ends = known.filter((k) => k.toLowerCase() === wanted || k.toLowerCase().endsWith(`.${wanted}`));
  return ends.length === 1 ? ends[0] : undefined;
}
