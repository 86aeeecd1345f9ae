import { useState } from 'react';
import { number } from '../../../time/format';
import { LineResult } from './LineResult';
import { end, took } from './outcome';
import type { Trial } from './useTry';

/** What became of the sample: in sum, and line by line. */
export function Results({ trial }: { trial: Trial }) {
  const [open, setOpen] = useState<ReadonlySet<number>>();
  const { tried, events, stale, problems, error } = trial;
  const lines = tried?.lines ?? [];
  const first = Math.max(0, lines.findIndex((line) => end(line).tone !== 'ok'));
  const shown = open ?? new Set([first]);
  const toggle = (i: number) => setOpen(new Set(shown.has(i) ? [...shown].filter((j) => j !== i) : [...shown, i]));
  return (
    <div className="results">
      <div role="status" className="results-sum small">
        {error ? <span className="field-problem">The lines could not be tried: {error}</span> : <Sum trial={trial} />}
        {problems.filter((p) => !p.path.startsWith('pipeline')).map((p, i) => <p key={i} className="field-problem">{p.path && <code>{p.path} </code>}{p.message}</p>)}
      </div>
      {lines.length > 0 && (
        <ol className={`tried ${stale ? 'tried-stale' : ''}`} aria-label="Results">
          {lines.map((line, i) => <LineResult key={i} text={events[i] ?? ''} line={line} open={shown.has(i)} toggle={() => toggle(i)} />)}
        </ol>
      )}
    </div>
  );
}

function Sum({ trial: { tried, problems, stale } }: { trial: Trial }) {
  if (problems.length > 0) return <span className="muted">The steps have a problem. {tried ? 'Below is what the ones before it made of the lines.' : ''}</span>;
  if (!tried) return stale ? <span className="muted">Trying…</span> : null;
  const counts = new Map<string, number>();
  for (const line of tried.lines) counts.set(end(line).word, (counts.get(end(line).word) ?? 0) + 1);
  const each = tried.lines.reduce((sum, line) => sum + line.took_ns, 0) / Math.max(1, tried.lines.length);
  return (
    <span className="muted">
      {[...counts].map(([word, n]) => `${number(n)} ${word}`).join(', ')}; {took(each)} a line
      {tried.left_out > 0 && `. ${number(tried.left_out)} more were left out: it took too long, or there was too much to tell`}
    </span>
  );
}
