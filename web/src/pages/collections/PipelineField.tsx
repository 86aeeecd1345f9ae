import { useId, useMemo, useRef } from 'react';
import { lineOf, nearest, read, type Places } from '../../json/places';
import { steps } from './draft';
import type { Problem } from './useCheck';
import type { Json } from '../../api/types';

interface Props {
  value: string;
  set: (value: string) => void;
  problems: Problem[];
  touch: () => void;
}

const PRESETS: [string, Json][] = [
  ['nginx access', { format: 'nginx.access' }],
  ['JSON lines', { format: 'json' }],
  ['syslog', { format: 'syslog' }],
  ['dissect', { dissect: { field: 'message', pattern: '%{log.level} %{message}' } }],
  ['set a field', { set: { field: 'labels.team', value: 'shop' } }],
  ['drop', { drop: { if: 'log.level == "debug"' } }],
];

/** The steps as JSON, with line numbers, and each problem at its line. */
export function PipelineField({ value, set, problems, touch }: Props) {
  const id = useId();
  const gutter = useRef<HTMLDivElement>(null);
  const places = useMemo(() => readable(value), [value]);
  const placed = problems.map((p) => ({ ...p, line: lineOfProblem(p, value, places) }));
  const wrong = new Set(placed.map((p) => p.line));
  const count = value.split('\n').length;
  const add = (step: Json) => {
    const now = places?.value;
    set(steps([...(Array.isArray(now) ? (now as Json[]) : []), step]));
    touch();
  };
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>Steps</label>
      <div className="presets" role="group" aria-label="Add a step">
        {PRESETS.map(([name, step]) => <button key={name} type="button" className="button small" disabled={!places} onClick={() => add(step)}>+ {name}</button>)}
        <button type="button" className="text-button" disabled={!places} onClick={() => places && set(steps(places.value as Json))}>Tidy</button>
      </div>
      <div className={`json-editor ${problems.length > 0 ? 'json-wrong' : ''}`}>
        <div className="json-gutter" aria-hidden="true" ref={gutter}>
          {Array.from({ length: count }, (_, i) => <span key={i} className={wrong.has(i + 1) ? 'json-line-wrong' : ''}>{i + 1}</span>)}
        </div>
        <textarea
          id={id} className="mono" rows={Math.min(24, Math.max(6, count + 1))} spellCheck={false} autoCapitalize="off" wrap="off" value={value}
          aria-invalid={problems.length > 0} aria-describedby={`${id}-about`} onBlur={touch} onChange={(event) => { set(event.target.value); touch(); }}
          onScroll={(event) => { if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop; }}
        />
      </div>
      <div id={`${id}-about`}>
        {placed.map((p, i) => <p key={i} className="field-problem">{p.message.startsWith('line ') ? '' : `Line ${p.line}: `}{p.path !== 'pipeline' && <code>{p.path.replace(/^pipeline/, 'step')} </code>}{p.message}</p>)}
        <span className="field-hint">A list of steps, each an object with one key. They run in order on every line; a step that fails keeps the line and marks it.</span>
      </div>
    </div>
  );
}

function readable(text: string): Places | undefined {
  try {
    return read(text.trim() === '' ? '[]' : text);
  } catch {
    return undefined;
  }
}

function lineOfProblem(p: Problem, text: string, places: Places | undefined): number {
  const told = /^line (\d+)/.exec(p.message);
  if (told) return Number(told[1]);
  return places ? lineOf(text, nearest(places, p.path.replace(/^pipeline\.?/, ''))) : 1;
}
