// A collection as the form holds it: lists as lines of text, the pipeline as JSON text.
import type { CollectionConfig, Json } from '../../api/types';
import { JsonError, read } from '../../json/places';

export interface Draft {
  name: string;
  description: string;
  app: string;
  env: string;
  hosts: string;
  labels: string;
  paths: string;
  exclude: string;
  topics: string;
  start: string;
  priority: string;
  period: string;
  retention: string;
  timezone: string;
  keepOriginal: boolean;
  pipeline: string;
}

export const NEW: Draft = {
  name: '', description: '', app: '', env: 'prod', hosts: '*', labels: '', paths: '', exclude: '*.gz', topics: '', start: 'beginning',
  priority: '0', period: 'day', retention: '7', timezone: 'UTC', keepOriginal: false, pipeline: '[]',
};

/** The entries of a list that is written one a line. */
export const lines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter(Boolean);

export function fromConfig(name: string, c: CollectionConfig): Draft {
  return {
    name, description: c.description ?? '', app: c.app ?? '', env: c.env ?? 'prod',
    hosts: (c.select?.hosts ?? ['*']).join('\n'),
    labels: Object.entries(c.select?.labels ?? {}).map(([label, glob]) => `${label}=${glob}`).join('\n'),
    paths: (c.paths ?? []).join('\n'), exclude: (c.exclude ?? []).join('\n'), topics: (c.topics ?? []).join('\n'),
    start: c.start ?? 'beginning', priority: String(c.priority ?? 0), period: c.period ?? 'day', retention: String(c.retention_days ?? 7),
    timezone: c.timezone ?? 'UTC', keepOriginal: c.keep_original ?? false, pipeline: steps(c.pipeline ?? []),
  };
}

/** A pipeline with one step a line, as far as steps are short. */
export function steps(pipeline: Json): string {
  if (!Array.isArray(pipeline)) return JSON.stringify(pipeline, null, 2);
  if (pipeline.length === 0) return '[]';
  const one = (step: Json) => {
    const text = JSON.stringify(step).replaceAll('":', '": ').replaceAll(',"', ', "');
    return text.length <= 90 && JSON.stringify(JSON.parse(text)) === JSON.stringify(step) ? text : JSON.stringify(step, null, 2).replaceAll('\n', '\n  ');
  };
  return `[\n${pipeline.map((step) => `  ${one(step)}`).join(',\n')}\n]`;
}

export interface Built {
  config: CollectionConfig;
  /** What the pipeline's text is wrong with; the config is without it then. */
  broken?: JsonError;
}

/** The config that a draft stands for. Numbers that are none are passed on, for the server to say so. */
export function toConfig(d: Draft): Built {
  const number = (text: string) => (/^-?\d+$/.test(text.trim()) ? Number(text) : (text.trim() as unknown as number));
  const labels = Object.fromEntries(lines(d.labels).map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  }));
  const config: CollectionConfig = {
    description: d.description.trim() || undefined, app: d.app.trim(), env: d.env.trim(), select: { hosts: lines(d.hosts), labels },
    paths: lines(d.paths), exclude: lines(d.exclude), topics: lines(d.topics), start: d.start as CollectionConfig['start'],
    priority: number(d.priority), period: d.period as CollectionConfig['period'], retention_days: number(d.retention),
    keep_original: d.keepOriginal, timezone: d.timezone.trim(),
  };
  for (const list of ['exclude', 'topics', 'paths'] as const) if (config[list]?.length === 0) delete config[list];
  if (!config.app) delete config.app;
  try {
    config.pipeline = read(d.pipeline.trim() === '' ? '[]' : d.pipeline).value as Json;
    return { config };
  } catch (error) {
    if (error instanceof JsonError) return { config, broken: error };
    throw error;
  }
}

/** The keys in which two configs differ. */
export function changed(a: CollectionConfig, b: CollectionConfig): (keyof CollectionConfig)[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)] as (keyof CollectionConfig)[]);
  keys.delete('name');
  return [...keys].filter((key) => canonical(a[key]) !== canonical(b[key])).sort();
}

/** JSON with sorted keys; nothing and empty are the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, v: unknown) => {
    if (Array.isArray(v)) return v;
    if (v !== null && typeof v === 'object') return Object.fromEntries(Object.entries(v).sort(([x], [y]) => (x < y ? -1 : 1)));
    return v;
  }).replace(/^(\[\]|\{\}|"")$/, 'null');
}
