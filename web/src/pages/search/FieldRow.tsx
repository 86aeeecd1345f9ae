import type { Json } from '../../api/types';
import { scalars, text } from '../../event/flatten';
import { copy } from '../../ui/copy';
import { IconButton } from '../../ui/IconButton';
import { Time } from '../../ui/Time';
import type { FilterBy } from './filterBy';

interface Props {
  name: string;
  value: Json;
  filterBy: FilterBy;
  column: boolean;
  toggleColumn: () => void;
}

const TIMES = new Set(['@timestamp', 'event.created', 'event.ingested', 'event.start', 'event.end']);

/** One field of an event, and what can be done with its value. */
export function FieldRow({ name, value, filterBy, column, toggleColumn }: Props) {
  const values = scalars(value);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="field-actions">
        {values.length > 0 && name !== '@timestamp' && (
          <>
            <IconButton icon="plus" size={14} label={`Filter for ${name}`} onClick={() => values.slice(0, 1).forEach((v) => filterBy(name, v, false))} />
            <IconButton icon="minus" size={14} label={`Filter out ${name}`} onClick={() => values.slice(0, 1).forEach((v) => filterBy(name, v, true))} />
          </>
        )}
        {name !== '@timestamp' && <IconButton icon="columns" size={14} label={column ? `Hide column ${name}` : `Show ${name} as a column`} aria-pressed={column} onClick={toggleColumn} />}
        <IconButton icon="copy" size={14} label={`Copy ${name}`} onClick={() => void copy(text(value), 'Value copied.')} />
      </td>
      <td className="field-value">{TIMES.has(name) ? <Time at={text(value)} /> : text(value)}</td>
    </tr>
  );
}
