import { useId, type ReactNode } from 'react';
import { lines } from './draft';
import type { Problem } from './useCheck';

interface Props {
  label: string;
  hint?: ReactNode;
  value: string;
  set: (value: string) => void;
  problems: Problem[];
  /** A list has one entry a line, and this many lines at first. */
  rows?: number;
  mono?: boolean;
  disabled?: boolean;
  required?: boolean;
  placeholder?: string;
  touch: () => void;
}

/** A labelled line, or list of lines, with what is wrong with it right below. */
export function TextField({ label, hint, value, set, problems, rows, mono, disabled, required, placeholder, touch }: Props) {
  const id = useId();
  const shared = {
    id, value, disabled, placeholder, spellCheck: false, autoComplete: 'off', autoCapitalize: 'off', 'aria-required': required, 'aria-invalid': problems.length > 0,
    'aria-describedby': `${id}-about`, className: mono ? 'mono' : undefined, onBlur: touch,
  };
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>{label}{!required && <span className="optional"> optional</span>}</label>
      {rows ? (
        <textarea {...shared} rows={Math.max(rows, value.split('\n').length)} onChange={(event) => set(event.target.value)} />
      ) : (
        <input type="text" {...shared} onChange={(event) => set(event.target.value)} />
      )}
      <div id={`${id}-about`}>
        {problems.map((p, i) => <p key={i} className="field-problem">{entry(p, value, rows !== undefined)}{p.message}</p>)}
        {hint && <span className="field-hint">{hint}</span>}
      </div>
    </div>
  );
}

/** Which entry of a list a problem is about. */
function entry(problem: Problem, value: string, list: boolean) {
  if (!list) return null;
  const index = /\[(\d+)\]$/.exec(problem.path)?.[1];
  const label = /^select\.labels\.(.+)$/.exec(problem.path)?.[1];
  const named = index === undefined ? label : lines(value)[Number(index)];
  return named ? <><code>{named}</code> </> : null;
}
