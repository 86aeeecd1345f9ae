import '../../../styles/try.css';
import { useId, useMemo, useState } from 'react';
import type { Draft } from '../draft';
import { Proposals } from './Proposals';
import { Results } from './Results';
import { eventsOf, keepSample, sampleOf, textOf } from './sample';
import { useTry } from './useTry';

interface Props {
  draft: Draft;
  /** The collection whose sample this is; empty for one to be made. */
  name: string;
  setPipeline: (steps: string) => void;
  /** Sets how lines are joined to events. */
  setMultiline: (preset: string) => void;
}

/** Lines beside the steps, and what the steps make of them as both are written. */
export function TryPanel({ draft, name, setPipeline, setMultiline }: Props) {
  const id = useId();
  const [text, setText] = useState(() => sampleOf(name));
  const joined = draft.multiline !== '';
  const { events, cut } = useMemo(() => eventsOf(text, joined), [text, joined]);
  const trial = useTry(draft, events);
  const write = (written: string) => {
    setText(written);
    keepSample(name, written);
  };
  return (
    <div className="try">
      <div className="field">
        <label className="field-label" htmlFor={id}>Sample lines</label>
        <textarea
          id={id} className="mono sample" rows={Math.min(10, Math.max(4, text.split('\n').length))} wrap="off" spellCheck={false} autoCapitalize="off" value={text} aria-describedby={`${id}-about`}
          placeholder="Paste lines of the log here." onChange={(event) => write(event.target.value)}
        />
        <span className="field-hint" id={`${id}-about`}>
          {joined ? 'Leave a blank line between events. ' : ''}They are run through the steps as you type, and kept in this browser only.
          {cut && ` The first ${events.length} are tried.`}
        </span>
      </div>
      <Proposals events={events} pipeline={draft.pipeline} use={setPipeline} join={(preset, joinedEvents) => { setMultiline(preset); write(textOf(joinedEvents)); }} />
      <Results trial={trial} />
    </div>
  );
}
