import { useState } from 'react';
import type { FieldInfo } from '../../api/types';
import { Icon } from '../../ui/Icon';
import { Popover } from '../../ui/Popover';
import { DEFAULT_COLUMNS } from '../../url/searchState';

interface Props {
  columns: string[];
  fields: FieldInfo[];
  set: (columns: string[]) => void;
}

/** Adds a column before the message, which takes what room is left, or takes one away. */
export function toggleColumn(columns: string[], field: string): string[] {
  if (columns.includes(field)) return columns.length > 1 ? columns.filter((c) => c !== field) : columns;
  const at = columns.indexOf('message');
  return at < 0 ? [...columns, field] : [...columns.slice(0, at), field, ...columns.slice(at)];
}

export function ColumnPicker({ columns, fields, set }: Props) {
  const [wanted, setWanted] = useState('');
  const names = [...new Set([...columns, ...fields.map((f) => f.name)])].filter((name) => name !== '@timestamp' && name.includes(wanted.trim()));
  return (
    <Popover label="Choose columns" className="button quiet" align="right" button={<><Icon name="columns" /> <span>Columns</span></>}>
      {() => (
        <div className="column-picker">
          <input type="text" aria-label="Find a field" placeholder="Find a field" value={wanted} onChange={(event) => setWanted(event.target.value)} />
          <ul tabIndex={-1}>
            {names.map((name) => (
              <li key={name}>
                <label><input type="checkbox" checked={columns.includes(name)} onChange={() => set(toggleColumn(columns, name))} /> {name}</label>
              </li>
            ))}
            {names.length === 0 && <li className="muted">No field is called so.</li>}
          </ul>
          <button type="button" className="text-button" onClick={() => set(DEFAULT_COLUMNS)}>Back to the usual columns</button>
        </div>
      )}
    </Popover>
  );
}
