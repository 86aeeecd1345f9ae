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
  inputs: string;
  start: string;
  priority: string;
  period: string;
  retention: string;
  timezone: string;
  keepOriginal: boolean;
  /** Empty, a preset, or a mode, which has a pattern. */
  multiline: string;
  pattern: string;
  negate: boolean;
  joinTimeout: string;
  joinBytes: string;
  joinLines: string;
  container: string;
  charset: string;
  maxLine: string;
  lineLimit: string;
  byteLimit: string;
  burst: string;
  ignoreOlder: string;
  gzip: boolean;
  pipeline: string;
  /** What the config says and the form has no field for. */
  rest: Record<string, Json>;
}

/** The fields that hold text. */
export type TextKey = { [K in keyof Draft]: Draft[K] extends string ? K : never }[keyof Draft];

export const NEW: Draft = {
  name: '', description: '', app: '', env: 'prod', hosts: '*', labels: '', paths: '', exclude: '*.gz', topics: '', inputs: '', start: 'beginning',
  priority: '0', period: 'day', retention: '7', timezone: 'UTC', keepOriginal: false,
  multiline: '', pattern: '', negate: false, joinTimeout: '', joinBytes: '', joinLines: '', container: '', charset: '', maxLine: '',
  lineLimit: '', byteLimit: '', burst: '', ignoreOlder: '', gzip: false, pipeline: '[]', rest: {},
};

/** The entries of a list that is written one a line. */
export const lines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter(Boolean);

const KNOWN = new Set([
  'name', 'description', 'app', 'env', 'select', 'paths', 'exclude', 'topics', 'inputs', 'start', 'priority', 'period', 'retention_days', 'keep_original', 'timezone',
  'multiline', 'container', 'charset', 'max_line_bytes', 'limits', 'ignore_older', 'gzip', 'pipeline',
]);

const text = (value: number | string | undefined): string => (value === undefined ? '' : String(value));

export function fromConfig(name: string, c: CollectionConfig): Draft {
  return {
    name, description: c.description ?? '', app: c.app ?? '', env: c.env ?? 'prod',
    hosts: (c.select?.hosts ?? ['*']).join('\n'),
    labels: Object.entries(c.select?.labels ?? {}).map(([label, glob]) => `${label}=${glob}`).join('\n'),
    paths: (c.paths ?? []).join('\n'), exclude: (c.exclude ?? []).join('\n'), topics: (c.topics ?? []).join('\n'), inputs: (c.inputs ?? []).join('\n'),
    start: c.start ?? 'beginning', priority: String(c.priority ?? 0), period: c.period ?? 'day', retention: String(c.retention_days ?? 7),
    timezone: c.timezone ?? 'UTC', keepOriginal: c.keep_original ?? false,
    multiline: c.multiline?.preset ?? c.multiline?.mode ?? '', pattern: c.multiline?.pattern ?? '', negate: c.multiline?.negate ?? false,
    joinTimeout: c.multiline?.timeout ?? '', joinBytes: text(c.multiline?.max_bytes), joinLines: text(c.multiline?.max_lines),
    container: c.container ?? '', charset: c.charset ?? '', maxLine: text(c.max_line_bytes),
    lineLimit: text(c.limits?.lines_per_second), byteLimit: text(c.limits?.bytes_per_second), burst: c.limits?.burst ?? '',
    ignoreOlder: c.ignore_older ?? '', gzip: c.gzip ?? false, pipeline: steps(c.pipeline ?? []),
    rest: Object.fromEntries(Object.entries(c).filter(([key]) => !KNOWN.has(key))) as Record<string, Json>,
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

/** The modes of joining lines that take a pattern; the other words are presets. */
export const MODES = ['start', 'continuation', 'end'];

/** A number as it was written; what is none is passed on, for the server to say so. */
const number = (written: string) => (/^-?\d+$/.test(written.trim()) ? Number(written) : (written.trim() as unknown as number));

/** A number or nothing. */
const maybe = (written: string) => (written.trim() === '' ? undefined : number(written));

/** The config that a draft stands for. */
export function toConfig(d: Draft): Built {
  const labels = Object.fromEntries(lines(d.labels).map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  }));
  const config: CollectionConfig = {
    ...d.rest,
    description: d.description.trim() || undefined, app: d.app.trim(), env: d.env.trim(), select: { hosts: lines(d.hosts), labels },
    paths: lines(d.paths), exclude: lines(d.exclude), topics: lines(d.topics), inputs: lines(d.inputs), start: d.start.trim(),
    priority: number(d.priority), period: d.period as CollectionConfig['period'], retention_days: number(d.retention),
    keep_original: d.keepOriginal, timezone: d.timezone.trim(), ...reading(d),
  };
  for (const list of ['exclude', 'topics', 'inputs', 'paths'] as const) if (config[list]?.length === 0) delete config[list];
  if (!config.app) delete config.app;
  try {
    config.pipeline = read(d.pipeline.trim() === '' ? '[]' : d.pipeline).value as Json;
    return { config };
  } catch (error) {
    if (error instanceof JsonError) return { config, broken: error };
    throw error;
  }
}

/** How files are read; what is not set is left out, so that the revision stays what it was. */
function reading(d: Draft): CollectionConfig {
  const own = MODES.includes(d.multiline);
  const out: CollectionConfig = {
    multiline: d.multiline === '' ? undefined : defined({
      ...(own ? { mode: d.multiline, pattern: d.pattern, negate: d.negate || undefined } : { preset: d.multiline }),
      timeout: d.joinTimeout.trim() || undefined, max_bytes: maybe(d.joinBytes), max_lines: maybe(d.joinLines),
    }),
    container: d.container || undefined, charset: d.charset.trim() || undefined, max_line_bytes: maybe(d.maxLine),
    limits: d.lineLimit.trim() || d.byteLimit.trim() ? defined({ lines_per_second: maybe(d.lineLimit), bytes_per_second: maybe(d.byteLimit), burst: d.burst.trim() || undefined }) : undefined,
    ignore_older: d.ignoreOlder.trim() || undefined, gzip: d.gzip || undefined,
  };
  return defined(out);
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
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
