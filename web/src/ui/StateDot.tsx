export type Tone = 'ok' | 'warn' | 'error' | 'off';

/** A state in a word, with a colour beside it. */
export function StateDot({ tone, children }: { tone: Tone; children: string }) {
  return <span className={`state state-${tone}`}><span className="state-dot" />{children}</span>;
}
