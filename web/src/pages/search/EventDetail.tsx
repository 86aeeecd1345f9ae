import { useState } from 'react';
import type { Hit } from '../../api/types';
import { flatten, text } from '../../event/flatten';
import { term } from '../../query/edit';
import { copy } from '../../ui/copy';
import { Icon } from '../../ui/Icon';
import { FieldRow } from './FieldRow';
import { Marked } from './Marked';
import type { FilterBy } from './filterBy';
import { toggleColumn } from './ColumnPicker';
import type { Change } from './useSearchState';

interface Props {
  hit: Hit;
  columns: string[];
  filterBy: FilterBy;
  change: Change;
  pattern: RegExp | undefined;
}

/** How far around an event its file is shown. */
const AROUND = 60_000;
const LONG = 'error.stack_trace';

/** All of an event: its message whole, then every field with what can be done with it. */
export function EventDetail({ hit, columns, filterBy, change, pattern }: Props) {
  const [json, setJson] = useState(false);
  const flat = flatten(hit.event);
  const whole = JSON.stringify(hit.event, null, 2);
  const names = Object.keys(flat).filter((name) => name !== 'message' && name !== LONG).sort();
  const around = () => {
    const at = Date.parse(text(flat['@timestamp']));
    change({
      q: term('log.file.path', text(flat['log.file.path'])), app: '', level: '', host: text(flat['host.name']), tail: false,
      from: new Date(at - AROUND).toISOString(), to: new Date(at + AROUND).toISOString(),
    });
  };
  return (
    <div className="detail">
      <div className="detail-bar">
        <div className="segmented" role="group" aria-label="Show as">
          <button type="button" aria-pressed={!json} onClick={() => setJson(false)}>Fields</button>
          <button type="button" aria-pressed={json} onClick={() => setJson(true)}>JSON</button>
        </div>
        {flat['log.file.path'] !== undefined && <button type="button" className="button small quiet" onClick={around} title="What this file says a minute before and after"><Icon name="file" size={14} /> Lines around it</button>}
        <button type="button" className="button small quiet" onClick={() => void copy(whole, 'Event copied.')}><Icon name="copy" size={14} /> Copy JSON</button>
      </div>
      {json ? <pre className="detail-text">{whole}</pre> : (
        <>
          <pre className="detail-text"><Marked text={text(flat.message)} pattern={pattern} /></pre>
          {flat[LONG] !== undefined && <pre className="detail-text detail-trace">{text(flat[LONG])}</pre>}
          <table className="fields">
            <caption className="offscreen">Fields</caption>
            <tbody>
              {names.map((name) => (
                <FieldRow
                  key={name} name={name} value={flat[name]!} filterBy={filterBy} column={columns.includes(name)}
                  toggleColumn={() => change({ columns: toggleColumn(columns, name) }, { replace: true })}
                />
              ))}
            </tbody>
          </table>
          <p className="muted small">Event <code>{hit.id}</code>{hit.index && <> in <code>{hit.index}</code></>}</p>
        </>
      )}
    </div>
  );
}
