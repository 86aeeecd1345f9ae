import { useEffect, useState, type FormEvent } from 'react';
import type { ApiError } from '../../api/client';
import type { FieldInfo } from '../../api/types';
import type { SearchState } from '../../url/searchState';
import { Icon } from '../../ui/Icon';
import { IconButton } from '../../ui/IconButton';
import { QueryInput } from './QueryInput';
import { QueryProblem, columnOf } from './QueryProblem';
import { SyntaxHelp } from './SyntaxHelp';
import { TimePicker } from './TimePicker';
import type { Change } from './useSearchState';

interface Props {
  state: SearchState;
  change: Change;
  fields: FieldInfo[];
  error: ApiError | undefined;
  refresh: () => void;
  busy: boolean;
}

/** The query, the time and whether to look at what was or what comes. */
export function QueryBar({ state, change, fields, error, refresh, busy }: Props) {
  const [text, setText] = useState(state.q);
  useEffect(() => setText(state.q), [state.q]);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (text.trim() === state.q) refresh();
    else change({ q: text.trim() });
  };
  const wrong = error && text.trim() === state.q ? error : undefined;
  return (
    <form className="query-bar" role="search" onSubmit={submit}>
      <QueryInput
        text={text} setText={setText} submit={submit} clear={() => { setText(''); change({ q: '' }); }}
        fields={fields} column={wrong && columnOf(wrong)} describedBy={wrong ? 'query-problem' : undefined}
      >
        <SyntaxHelp />
      </QueryInput>
      <div className="query-actions">
        {!state.tail && <TimePicker state={state} change={change} />}
        {!state.tail && <IconButton icon="refresh" label="Search again" className={`boxed ${busy ? 'busy' : ''}`} onClick={() => submit()} />}
        <button type="button" className={`button ${state.tail ? 'live-on' : ''}`} aria-pressed={state.tail} onClick={() => change({ tail: !state.tail, q: text.trim() })} title="Show events as they come in">
          <Icon name="live" /> Live
        </button>
      </div>
      {wrong && <QueryProblem id="query-problem" error={wrong} />}
    </form>
  );
}
