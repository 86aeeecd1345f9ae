import type { Agent } from '../../api/types';
import { StateDot } from '../../ui/StateDot';

const TONES = { running: 'ok', silent: 'error', stopped: 'off' } as const;

/** What state an agent is in: running, stopped in order, or silent. */
export function AgentState({ agent }: { agent: Agent }) {
  return <StateDot tone={TONES[agent.state]}>{agent.state}</StateDot>;
}
