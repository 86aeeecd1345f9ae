import { useId, useState, type FormEvent } from 'react';
import * as calls from '../../api/calls';
import { noteFailure } from '../../api/session';
import type { Explanation } from '../../api/types';
import { Link } from '../../ui/Link';
import { message } from '../../ui/Notice';
import { StateDot, type Tone } from '../../ui/StateDot';

/** Verdicts of files that are collected, if not all of them right now. */
const TONES: Record<string, Tone> = { collected: 'ok', limited: 'warn', held_back: 'warn', no_line: 'warn', empty: 'warn', not_seen: 'warn', kafka_down: 'error' };

/** Asks the agent itself why it does or does not collect a path. */
export function Explain({ id }: { id: string }) {
  const label = useId();
  const [path, setPath] = useState('');
  const [found, setFound] = useState<Explanation>();
  const [error, setError] = useState('');
  const [asking, setAsking] = useState(false);
  const ask = async (event: FormEvent) => {
    event.preventDefault();
    setAsking(true);
    setError('');
    setFound(undefined);
    try {
      setFound(await calls.explain(id, path.trim()));
    } catch (failure) {
      noteFailure(failure);
      setError(message(failure));
    }
    setAsking(false);
  };
  return (
    <section className="stack-small">
      <h2 id={label}>Why is this file (not) collected?</h2>
      <div className="card explain">
        <form className="row" onSubmit={(event) => void ask(event)}>
          <input type="text" className="mono explain-path" aria-labelledby={label} placeholder="/var/log/shop/access.log" spellCheck={false} autoCapitalize="off" autoComplete="off" value={path} onChange={(event) => setPath(event.target.value)} />
          <button type="submit" className="button" disabled={asking || path.trim() === ''}>{asking ? 'Asking the agent…' : 'Ask the agent'}</button>
        </form>
        <div role="status">
          {error && <p className="field-problem">{error}</p>}
          {found && <Answer found={found} />}
        </div>
      </div>
    </section>
  );
}

function Answer({ found }: { found: Explanation }) {
  return (
    <>
      <p className="explain-verdict"><StateDot tone={TONES[found.verdict] ?? 'off'}>{found.verdict.replaceAll('_', ' ')}</StateDot> {found.text}</p>
      <p className="small muted">
        {found.collection && <>{found.verdict === 'no_match' ? 'Nearest collection' : 'Collection'} <Link href={`/collections/${encodeURIComponent(found.collection)}`}>{found.collection}</Link>{found.glob && <> by <code>{found.glob}</code></>}. </>}
        {found.real && <>In truth <code>{found.real}</code>.</>}
      </p>
    </>
  );
}
