import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { Hit } from '../../api/types';
import { useNarrow } from '../../ui/useMedia';
import { wordsPattern } from '../../query/words';
import type { SearchState } from '../../url/searchState';
import { ResultRow } from './ResultRow';
import type { FilterBy } from './filterBy';
import { heading, layout } from './columns';
import type { Change } from './useSearchState';

interface Props {
  hits: Hit[];
  total: number;
  state: SearchState;
  change: Change;
  filterBy: FilterBy;
  /** Gets the next page; undefined while there is none to get. */
  more: (() => void) | undefined;
  ended: boolean;
  /** Set when the next page could not be had; tries again. */
  failed: (() => void) | undefined;
  /** Set while somebody reads further down, or an event is open. */
  reading: RefObject<boolean>;
  stale: boolean;
}

const ROW = 27;
const CARD = 62;
/** The next page is fetched when so few rows are left. */
const AHEAD = 10;

/** Sets the focus on a row as soon as it is there: it may have to be drawn first. */
function focusRow(list: HTMLElement | null, index: number, frames = 10): void {
  const toggle = list?.querySelector<HTMLElement>(`[data-index="${index}"] .row-toggle`);
  if (toggle) toggle.focus({ preventScroll: true });
  else if (frames > 0) requestAnimationFrame(() => focusRow(list, index, frames - 1));
}

/** The events found, newest first; only those in view are in the page. */
export function Results({ hits, total, state, change, filterBy, more, ended, failed, reading, stale }: Props) {
  const narrow = useNarrow();
  const pane = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [margin, setMargin] = useState(0);
  const { template, minWidth } = layout(state.columns);
  const pattern = useMemo(() => wordsPattern(state.q), [state.q]);
  const scroller = () => (narrow ? document.getElementById('main') : pane.current);
  useLayoutEffect(() => {
    const next = narrow && list.current ? list.current.offsetTop : 0;
    if (next !== margin) setMargin(next);
  });

  const rows = useVirtualizer({
    count: hits.length, getScrollElement: scroller, estimateSize: () => (narrow ? CARD : ROW), overscan: 12,
    getItemKey: (i) => hits[i]!.id, scrollMargin: margin,
  });
  useEffect(() => rows.measure(), [narrow, state.wrap, state.columns.join()]);
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= hits.length - AHEAD) more?.();
  }, [lastShown, hits.length, more]);
  reading.current = open.size > 0 || (items[0]?.index ?? 0) > 0 || (scroller()?.scrollTop ?? 0) > margin + ROW;

  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
    const hit = hits[Number(row?.dataset.index)];
    if (row && hit && event.key === 'Escape' && open.has(hit.id)) {
      toggle(hit.id);
      row.querySelector<HTMLElement>('.row-toggle')?.focus();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (!row || !step || !(event.target as HTMLElement).matches('.row-toggle')) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(hits.length - 1, Number(row.dataset.index) + step));
    rows.scrollToIndex(to);
    focusRow(list.current, to);
  };

  return (
    <div className={`results ${stale ? 'stale' : ''} ${state.wrap ? 'results-wrap' : ''}`} ref={pane}>
      <div className="table" role="table" aria-label="Events" aria-rowcount={total + 1} style={narrow ? undefined : { minWidth }} onKeyDown={onKeyDown}>
        <div role="rowgroup" className="table-head">
          <div role="row" aria-rowindex={1} className="row-cells" style={{ gridTemplateColumns: template }}>
            <span role="columnheader"><span className="offscreen">Details</span></span>
            <span role="columnheader">time</span>
            {state.columns.map((column) => <span role="columnheader" key={column} title={column}>{heading(column)}</span>)}
          </div>
        </div>
        <div role="rowgroup" className="table-body" ref={list} style={{ height: rows.getTotalSize() }}>
          {items.map((item) => (
            <div
              key={item.key} data-index={item.index} ref={rows.measureElement} className="table-slot"
              style={{ transform: `translateY(${item.start - margin}px)` }} role="presentation"
            >
              <ResultRow
                hit={hits[item.index]!} index={item.index + 2} open={open.has(hits[item.index]!.id)} toggle={toggle}
                columns={state.columns} template={template} filterBy={filterBy} change={change} pattern={pattern}
              />
            </div>
          ))}
        </div>
      </div>
      {failed && <p className="results-end"><span className="problem-text">The next events could not be fetched.</span> <button type="button" className="text-button" onClick={failed}>Try again</button></p>}
      {ended && <p className="results-end muted">That is all.</p>}
    </div>
  );
}
