import { useId, useState } from 'react';
import type { Json, TriedLine, TriedStep } from '../../../api/types';
import { Icon } from '../../../ui/Icon';
import { StateDot } from '../../../ui/StateDot';
import { Time } from '../../../ui/Time';
import { end, label, took } from './outcome';

interface Props {
  text: string;
  line: TriedLine;
  open: boolean;
  toggle: () => void;
}

/** One line of the sample; opened, what each step did to it. */
export function LineResult({ text, line, open, toggle }: Props) {
  const id = useId();
  const [whole, setWhole] = useState(false);
  const { tone, word } = end(line);
  return (
    <li className={`tried-line tried-${tone}`}>
      <button type="button" className="tried-head" aria-expanded={open} aria-controls={open ? id : undefined} onClick={toggle}>
        <Icon name="chevron" size={14} />
        <StateDot tone={tone}>{word}</StateDot>
        <span className="tried-text mono">{text}</span>
      </button>
      {open && (
        <div className="tried-body" id={id}>
          {line.steps.length === 0 && <p className="muted small">There are no steps yet, so the line is kept as it is.</p>}
          <ol className="tried-steps">{line.steps.map((step, i) => <StepResult key={i} step={step} />)}</ol>
          <p className="tried-end small">
            {line.outcome === 'index' ? <>goes to <code>{line.index}</code> at <Time at={line.time} /></> : line.outcome === 'drop' ? 'is counted as dropped' : <>is a dead letter: {line.cause}</>}
            {line.event && <button type="button" className="text-button" aria-expanded={whole} onClick={() => setWhole(!whole)}>{whole ? 'Hide the event' : 'Whole event'}</button>}
          </p>
          {whole && line.event && <pre className="tried-event" tabIndex={0} role="group" aria-label="The event">{JSON.stringify(line.event, null, 2)}</pre>}
        </div>
      )}
    </li>
  );
}

function StepResult({ step }: { step: TriedStep }) {
  const fields = Object.entries(step.set ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <li className={step.skipped ? 'muted' : ''}>
      <p className="step-head">
        <strong>{label(step)}</strong>
        {step.tag && <span className="muted small">{step.tag}</span>}
        <span className="small">{step.skipped ? 'skipped: its condition does not hold' : step.dropped ? 'drops the line' : ''}</span>
        <span className="muted small num step-took">{took(step.took_ns)}</span>
      </p>
      {step.error && <p className={step.handled ? 'warn small' : 'problem-text small'}>{step.error}{step.handled && ' (handled)'}</p>}
      {fields.length > 0 && (
        <dl className="step-fields mono">
          {fields.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{brief(value)}</dd></div>)}
        </dl>
      )}
      {step.removed && step.removed.length > 0 && <p className="small muted">takes away <code>{step.removed.join(', ')}</code></p>}
    </li>
  );
}

function brief(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
