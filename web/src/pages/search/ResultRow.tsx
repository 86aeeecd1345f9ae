import { memo, type MouseEvent } from 'react';
import type { Hit } from '../../api/types';
import { flatten, text } from '../../event/flatten';
import { Icon } from '../../ui/Icon';
import { Time } from '../../ui/Time';
import { Marked } from './Marked';
import { EventDetail } from './EventDetail';
import { levelTone } from './Facets';
import type { FilterBy } from './filterBy';
import type { Change } from './useSearchState';

interface Props {
  hit: Hit;
  index: number;
  open: boolean;
  toggle: (id: string) => void;
  columns: string[];
  template: string;
  filterBy: FilterBy;
  change: Change;
  /** What to mark in the message. */
  pattern: RegExp | undefined;
}

/** One event on one line; open, with all its fields. */
export const ResultRow = memo(function ResultRow({ hit, index, open, toggle, columns, template, filterBy, change, pattern }: Props) {
  const flat = flatten(hit.event);
  const level = text(flat['log.level']);
  const onClick = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    if (target.closest('button, a') || getSelection()?.type === 'Range') return;
    toggle(hit.id);
  };
  return (
    <>
      <div role="row" aria-rowindex={index} className={`row-cells event tone-${level ? levelTone(level) : 'none'} ${open ? 'event-open' : ''}`} style={{ gridTemplateColumns: template }} onClick={onClick}>
        <span role="cell">
          <button type="button" className="row-toggle" aria-expanded={open} aria-label={`Details: ${text(flat.message).slice(0, 80)}`} onClick={() => toggle(hit.id)}><Icon name="chevron" size={14} /></button>
        </span>
        <span role="cell" className="cell-time"><Time at={text(flat['@timestamp'])} /></span>
        {columns.map((column) => (
          <span role="cell" key={column} data-column={column} className={column === 'message' ? 'cell-message' : column === 'log.level' ? `level level-${levelTone(level)}` : ''} title={column === 'message' ? undefined : text(flat[column])}>
            {column === 'message' ? <Marked text={text(flat.message)} pattern={pattern} /> : text(flat[column])}
          </span>
        ))}
      </div>
      {open && (
        <div role="row" className="event-detail"><div role="cell"><EventDetail hit={hit} pattern={pattern} columns={columns} filterBy={filterBy} change={change} /></div></div>
      )}
    </>
  );
});
