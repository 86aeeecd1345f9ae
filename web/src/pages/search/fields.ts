// Which fields there are: those the server tells, and those of the events on the page.
import type { FacetValue, FieldInfo, Hit } from '../../api/types';
import { flatten } from '../../event/flatten';

const VALUES = 8;
const LOOKED_AT = 200;

/** The fields of the events that are here, with a few of their values where those are short. */
export function knownFields(hits: Hit[]): FieldInfo[] {
  const found = new Map<string, { type: string; values: Set<string> }>();
  for (const hit of hits.slice(0, LOOKED_AT)) {
    for (const [name, value] of Object.entries(flatten(hit.event))) {
      let field = found.get(name);
      if (!field) found.set(name, (field = { type: kindOf(value), values: new Set() }));
      const short = (typeof value === 'string' && value.length <= 60) || typeof value === 'number' || typeof value === 'boolean';
      if (short && field.values.size < VALUES && name !== '@timestamp' && name !== 'message') field.values.add(String(value));
    }
  }
  return [...found].map(([name, f]) => ({ name, type: f.type, values: [...f.values].sort() }));
}

function kindOf(value: unknown): string {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  return Array.isArray(value) ? 'list' : 'keyword';
}

const FACET_FIELDS = [['service.name', 'app'], ['host.name', 'host'], ['log.level', 'level']] as const;

/** What the server tells goes first; facets know the values of their fields best. */
export function mergeFields(served: FieldInfo[], here: FieldInfo[], facets: Record<string, FacetValue[]> | undefined): FieldInfo[] {
  const out = new Map<string, FieldInfo>();
  for (const field of [...here, ...served]) {
    const before = out.get(field.name);
    out.set(field.name, { ...field, values: field.values?.length ? field.values : before?.values });
  }
  for (const [field, facet] of FACET_FIELDS) {
    const values = facets?.[facet]?.map((v) => v.value) ?? [];
    const before = out.get(field);
    if (values.length > 0 || before) out.set(field, { name: field, type: 'keyword', values: [...new Set([...values, ...(before?.values ?? [])])] });
  }
  return [...out.values()].sort((a, b) => a.name.localeCompare(b.name));
}
