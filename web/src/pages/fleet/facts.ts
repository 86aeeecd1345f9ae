import type { Agent, Host } from '../../api/types';

/** Lines a second that come from a host, all its apps together. */
export function rateOf(host: string, hosts: Host[]): number | undefined {
  const found = hosts.find((h) => h.host === host);
  return found && Object.values(found.apps).reduce((sum, app) => sum + app.rate_1m, 0);
}

/** An agent's labels on one line. */
export function labels(agent: Agent): string {
  return Object.entries(agent.labels).map(([name, value]) => `${name}=${value}`).join(' ');
}
