import { useEffect, useRef, useState } from 'react';
import * as calls from '../../../api/calls';
import { noteFailure } from '../../../api/session';
import type { Proposal, Suggested } from '../../../api/types';
import { number } from '../../../time/format';
import { message } from '../../../ui/Notice';
import { steps } from '../draft';

interface Props {
  events: string[];
  pipeline: string;
  use: (steps: string) => void;
  /** Joins the lines as a preset does, and shows these events as the sample. */
  join: (preset: string, events: string[]) => void;
}

const LANGUAGES: Record<string, string> = { java: 'Java', python: 'Python', go: 'Go' };

/** Pipelines that the server proposes for the sample, each taken over by a button. */
export function Proposals({ events, pipeline, use, join }: Props) {
  const [found, setFound] = useState<Suggested>();
  const [error, setError] = useState('');
  const [asking, setAsking] = useState(false);
  const [undo, setUndo] = useState<{ from: string; to: string }>();
  const joined = useRef(false);
  useEffect(() => {
    if (joined.current) setFound((old) => old && { ...old, multiline: undefined }); // what was found is of these events
    else setFound(undefined);
    joined.current = false;
  }, [events]);
  const ask = async () => {
    setAsking(true);
    setError('');
    try {
      setFound(await calls.suggestPipeline(events));
    } catch (failure) {
      noteFailure(failure);
      setError(message(failure));
    }
    setAsking(false);
  };
  const take = (proposal: Proposal) => {
    const to = steps(proposal.pipeline);
    setUndo({ from: pipeline, to });
    use(to);
  };
  return (
    <div className="proposals">
      <div className="row">
        <button type="button" className="button small" disabled={events.length === 0 || asking} onClick={() => void ask()}>{asking ? 'Studying…' : 'Suggest steps'}</button>
        {undo?.to === pipeline && undo.from !== pipeline && (
          <span className="small muted">The steps were replaced. <button type="button" className="text-button" onClick={() => { use(undo.from); setUndo(undefined); }}>Undo</button></span>
        )}
      </div>
      <div role="status">
        {error && <p className="field-problem">{error}</p>}
        {found?.multiline && found.events && (
          <p className="row">
            <span>Stack traces of {LANGUAGES[found.multiline]} lie among the lines. Each belongs to the event before it.</span>
            <button type="button" className="button small" onClick={() => { joined.current = true; join(found.multiline!, found.events!); }}>Join them</button>
          </p>
        )}
        {found && <Found found={found} pipeline={pipeline} take={take} />}
      </div>
    </div>
  );
}

function Found({ found, pipeline, take }: { found: Suggested; pipeline: string; take: (proposal: Proposal) => void }) {
  return (
    <>
      {found.proposals.length === 0 && <p className="muted">These lines are in no format that is known, and have no time or level in common. Take a template below for a <code>dissect</code> step.</p>}
      <ul className="proposal-list">
        {found.proposals.map((p) => (
          <li key={p.title}>
            <span><strong>{p.title}</strong> <span className="muted small">parses {p.parsed === found.lines ? (found.lines === 1 ? 'it' : `all ${number(found.lines)}`) : `${number(p.parsed)} of ${number(found.lines)}`}</span></span>
            {steps(p.pipeline) === pipeline ? <span className="muted small">in use</span> : <button type="button" className="button small" aria-label={`Use ${p.title}`} onClick={() => take(p)}>Use</button>}
          </li>
        ))}
      </ul>
      {found.templates.length > 0 && (
        <details className="templates">
          <summary>{found.templates.length === 1 ? 'One kind of message' : `${number(found.templates.length)} kinds of messages`}, as patterns of dissect</summary>
          <ul>{found.templates.slice(0, 20).map((t) => <li key={t.pattern}><span className="num">{number(t.count)}</span> <code>{t.pattern}</code></li>)}</ul>
        </details>
      )}
    </>
  );
}
