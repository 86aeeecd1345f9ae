// The shapes of the API, as /api/v1/openapi.json describes them. Fields that older
// servers do not send are optional.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type LogEvent = { [key: string]: Json };

export interface ErrorDetail {
  message: string;
  location?: string;
  value?: unknown;
}

export interface Hit {
  id: string;
  index?: string;
  event: LogEvent;
}

export interface Bucket {
  at: string;
  count: number;
}

export interface FacetValue {
  value: string;
  count: number;
}

export interface SearchResult {
  total: number;
  total_relation: 'eq' | 'gte';
  took_ms: number;
  hits: Hit[];
  histogram: Bucket[];
  facets: Record<string, FacetValue[]>;
  next: string;
  /** Why events may be missing; nothing of it comes from an older server. */
  incomplete?: string[];
}

export interface SearchParams {
  q: string;
  app: string;
  host: string;
  level: string;
  from: string;
  to: string;
}

export interface FieldInfo {
  name: string;
  type: string;
  values?: string[];
}

export interface TailStatus {
  matched: number;
  skipped: number;
  rate: number;
}

export interface TailHit extends Hit {
  app?: string;
}

export interface CollectionConfig {
  name?: string;
  description?: string;
  app?: string;
  env?: string;
  select?: { hosts?: string[]; labels?: Record<string, string> };
  paths?: string[];
  exclude?: string[];
  topics?: string[];
  inputs?: string[];
  /** beginning, end, or a time such as 24h. */
  start?: string;
  priority?: number;
  period?: 'day' | 'week' | 'month';
  retention_days?: number;
  keep_original?: boolean;
  timezone?: string;
  multiline?: Multiline;
  container?: string;
  charset?: string;
  max_line_bytes?: number;
  limits?: { lines_per_second?: number; bytes_per_second?: number; burst?: string };
  ignore_older?: string;
  gzip?: boolean;
  pipeline?: Json;
}

export interface Multiline {
  preset?: string;
  mode?: string;
  pattern?: string;
  negate?: boolean;
  timeout?: string;
  max_bytes?: number;
  max_lines?: number;
}

/** What one step did to one event. */
export interface TriedStep {
  path: string;
  step: string;
  tag?: string;
  skipped?: boolean;
  dropped?: boolean;
  set?: Record<string, Json>;
  removed?: string[];
  error?: string;
  /** The error was ignored, or on_failure dealt with it. */
  handled?: boolean;
  took_ns: number;
}

/** What would become of one line. */
export interface TriedLine {
  outcome: 'index' | 'drop' | 'dead_letter';
  failed: boolean;
  cause?: string;
  app: string;
  index?: string;
  time: string;
  level?: string;
  event?: LogEvent;
  steps: TriedStep[];
  took_ns: number;
}

export interface Tried {
  lines: TriedLine[];
  /** Lines at the end that were not run. */
  left_out: number;
}

export interface Proposal {
  title: string;
  pipeline: Json;
  parsed: number;
}

export interface Suggested {
  lines: number;
  proposals: Proposal[];
  templates: { count: number; pattern: string; example: string }[];
  others: number;
  /** Stack traces lie among the lines: the preset that joins them, and the events that it makes. */
  multiline?: string;
  events?: string[];
}

export interface Collection {
  name: string;
  revision: string;
  config: CollectionConfig;
  /** Of its app, which other collections may fill too. */
  rate_1m?: number;
  /** Its own, of the last hour. */
  failures?: number;
}

/** A collection as it was read: what it says, and the ETag it was at. */
export interface Tagged {
  config: CollectionConfig;
  etag: string;
}

export interface AgentsCollection {
  name: string;
  revision: string;
  files: number;
  error: string;
  /** Since when its limits are reached and lines are skipped. */
  limited?: string;
  skipped_lines?: number;
}

export interface Agent {
  id: string;
  host: string;
  version: string;
  state: 'running' | 'stopped' | 'silent';
  revision: number;
  started: string;
  last_beat: string;
  labels: Record<string, string>;
  files: number;
  files_open: number;
  files_refused: number;
  bytes_behind: number;
  bytes_read: number;
  bytes_shipped: number;
  lines_shipped: number;
  gaps: number;
  gap_bytes: number;
  ship_errors: number;
  collections: AgentsCollection[];
  /** Its ways in besides files. */
  inputs?: AgentInput[];
  usage?: Usage;
  last_error: string;
  last_error_at?: string;
}

/** An input of an agent; counts are since it started. */
export interface AgentInput {
  name: string;
  kind: string;
  /** Who asks for it; nobody: what it receives waits in its spool. */
  collections?: string[];
  listening?: string[];
  received: number;
  received_bytes: number;
  /** Lost, for the spool had no room and the sender could not be told to wait. */
  dropped?: number;
  /** Longer than allowed. */
  cut?: number;
  /** Connections and requests turned away. */
  refused?: number;
  connections?: number;
  spool_bytes: number;
  spool_limit: number;
  last_error?: string;
  last_error_at?: string;
}

/** What a process takes, and what it may. */
export interface Usage {
  memory_bytes: number;
  memory_limit: number;
  cpu_ms: number;
  /** In cores; none: no limit. */
  cpu_limit?: number;
  /** How long reading has waited to keep to it. */
  delayed_ms?: number;
}

export interface Source {
  /** Empty for a file that is not collected; error says why. */
  id: string;
  path: string;
  collection: string;
  size: number;
  offset: number;
  behind: number;
  /** Bytes a second. */
  rate?: number;
  last_read?: string;
  /** Ranges that could not be read since the agent's start. */
  gaps?: number;
  gap_bytes?: number;
  /** Left out by a rule: a limit, or NUL bytes. */
  skipped_bytes?: number;
  error?: string;
}

/** Why an agent does or does not collect a path. */
export interface Explanation {
  path: string;
  verdict: string;
  text: string;
  real?: string;
  collection?: string;
  glob?: string;
  source?: Source;
  at: string;
}

/** A process of a server role. */
export interface Role {
  role: string;
  id: string;
  host: string;
  version: string;
  metrics: string;
  since: string;
  leads: string[];
}

/** One way in which a topic is not as it should be. */
export interface TopicFinding {
  topic: string;
  what: string;
  fix: string;
  fatal: boolean;
}

export interface AgentDetail {
  agent: Agent;
  sources: Source[];
  /** False when these are only the files that are furthest behind. */
  complete: boolean;
}

export interface HostApp {
  lines: number;
  bytes: number;
  errors: number;
  failures: number;
  /** Lines a second, averaged over about a minute; the others likewise. */
  rate_1m: number;
  rate_5m: number;
  rate_15m: number;
  bytes_rate_1m: number;
  bytes_rate_5m: number;
  bytes_rate_15m: number;
  errors_rate_1m: number;
  errors_rate_5m: number;
  errors_rate_15m: number;
  failures_rate_1m: number;
  failures_rate_5m: number;
  failures_rate_15m: number;
}

export interface Host {
  host: string;
  last_seen: string;
  gaps: number;
  skipped_lines: number;
  apps: Record<string, HostApp>;
}

export interface Pipeline {
  roles?: Role[];
  topics?: TopicFinding[];
  stages: Stage[];
  failing: FailingPipeline[];
}

export interface Share {
  lines: number;
  failed: number;
}

/** A collection whose pipeline fails far more often than it did. */
export interface FailingPipeline {
  collection: string;
  minute: Share;
  before: Share;
  failing: { at: string; host: string; path: string; line: string; step: string; cause: string }[];
}

export interface Stage {
  name: string;
  instances: number;
  in: number;
  out: number;
  dropped?: Record<string, number> | null;
  dead_lettered?: Record<string, number> | null;
  rate_in: number;
  rate_out: number;
  /** The rates are not known yet. */
  measuring?: boolean;
  lag_records?: number;
  lag_seconds?: number;
  last_error?: string;
  last_error_at?: string;
}
