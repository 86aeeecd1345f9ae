import type { Agent, Host, HostApp } from '../../api/types';

/** What comes from a host by the second, all its apps together. */
export interface Flow {
  lines: number;
  bytes: number;
  failures: number;
}

/** The flow of a host; undefined where nothing is known of it. */
export function flowOf(host: string, hosts: Host[]): Flow | undefined {
  const found = hosts.find((h) => h.host === host);
  if (!found) return undefined;
  const sum = (of: (app: HostApp) => number) => Object.values(found.apps).reduce((all, app) => all + of(app), 0);
  return { lines: sum((a) => a.rate_1m), bytes: sum((a) => a.bytes_rate_1m), failures: sum((a) => a.failures_rate_1m) };
}

/** An agent's labels on one line. */
export function labels(agent: Agent): string {
  return Object.entries(agent.labels).map(([name, value]) => `${name}=${value}`).join(' ');
}
