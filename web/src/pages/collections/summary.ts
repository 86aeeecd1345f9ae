// The state of a collection out of what the server tells of it, of the agents and of
// the hosts.
import type { Agent, Collection, Host } from '../../api/types';
import type { Tone } from '../../ui/StateDot';

export interface Summary {
  tone: Tone;
  hosts: string;
  files: number;
  /** Lines a second; undefined where nobody knows. */
  rate: number | undefined;
  failures: number | undefined;
  /** Whether the rate is that of the whole app, which other collections fill too. */
  shared: boolean;
  error: string;
}

export function summary(c: Collection, agents: Agent[], hosts: Host[], all: Collection[]): Summary {
  const running = agents.filter((a) => a.state === 'running');
  const having = running.flatMap((a) => a.collections.filter((ac) => ac.name === c.name));
  const current = having.filter((ac) => ac.revision === c.revision).length;
  const error = having.find((ac) => ac.error)?.error ?? '';
  const files = having.reduce((sum, ac) => sum + ac.files, 0);
  const apps = hosts.map((h) => h.apps[c.config.app ?? '']).filter((a) => a !== undefined);
  return {
    tone: error && files === 0 ? 'error' : having.length === 0 ? 'off' : error || current < having.length ? 'warn' : 'ok',
    hosts: hostsText(having.length, current),
    files,
    rate: c.rate_1m ?? apps.reduce((sum, a) => sum + a.rate_1m, 0),
    failures: c.failures ?? apps.reduce((sum, a) => sum + a.failures, 0),
    shared: all.filter((other) => other.config.app === c.config.app).length > 1,
    error,
  };
}

function hostsText(all: number, current: number): string {
  if (all === 0) return 'no host';
  const hosts = `${all} ${all === 1 ? 'host' : 'hosts'}`;
  return current === all ? hosts : `${current} of ${hosts} up to date`;
}
