import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ApiError } from '../../api/client';
import type { FieldInfo, SearchParams } from '../../api/types';
import { useSession } from '../../api/session';
import { wordsPattern } from '../../query/words';
import { Icon } from '../../ui/Icon';
import { Failure, Notice } from '../../ui/Notice';
import { useNarrow } from '../../ui/useMedia';
import type { SearchState } from '../../url/searchState';
import { ColumnPicker } from './ColumnPicker';
import { QueryProblem } from './QueryProblem';
import { ResultRow } from './ResultRow';
import type { FilterBy } from './filterBy';
import { TailStatus } from './TailStatus';
import { heading, layout } from './columns';
import type { Change } from './useSearchState';
import { useTail } from './useTail';

interface Props {
  params: SearchParams;
  state: SearchState;
  change: Change;
  filterBy: FilterBy;
  fields: FieldInfo[];
}

const NEAR = 40;

/** Events as they come in, the newest at the end. Scrolling up stays where it is. */
export function Tail({ params, state, change, filterBy, fields }: Props) {
  const narrow = useNarrow();
  const [paused, setPaused] = useState(false);
  const [stuck, setStuck] = useState(true);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const { view, clear, retry } = useTail(params, paused);
  const pane = useRef<HTMLDivElement>(null);
  const { template, minWidth } = layout(state.columns);
  const { hits } = view;
  const pattern = useMemo(() => wordsPattern(state.q), [state.q]);
  const { needsToken } = useSession();
  const denied = view.error instanceof ApiError && view.error.status === 401;
  useEffect(() => {
    if (denied && !needsToken) retry();
  }, [denied, needsToken, retry]);
  const rows = useVirtualizer({
    count: hits.length, getScrollElement: () => pane.current, estimateSize: () => (narrow ? 62 : 27), overscan: 12, getItemKey: (i) => hits[i]!.serial,
  });
  useEffect(() => rows.measure(), [narrow, state.wrap, state.columns.join()]);
  const last = hits.at(-1)?.serial;
  useLayoutEffect(() => {
    if (stuck && pane.current) pane.current.scrollTop = pane.current.scrollHeight;
  }, [stuck, last, rows.getTotalSize()]);

  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) {
      next.add(id);
      setStuck(false);
    }
    setOpen(next);
  };
  if (view.connection === 'refused') {
    if (view.error instanceof ApiError && view.error.status === 422) return <QueryProblem id="tail-problem" error={view.error} />;
    return <Failure error={view.error} what="the live tail" retry={retry} />;
  }
  return (
    <>
      <div className="toolbar">
        <TailStatus view={view} paused={paused} />
        <button type="button" className="button" aria-pressed={paused} onClick={() => setPaused(!paused)}><Icon name={paused ? 'play' : 'pause'} /> {paused ? 'Go on' : 'Pause'}</button>
        <button type="button" className="button quiet" onClick={clear}><Icon name="close" /> <span>Clear</span></button>
        <ColumnPicker columns={state.columns} fields={fields} set={(columns) => change({ columns }, { replace: true })} />
        <button type="button" className="button quiet" aria-pressed={state.wrap} onClick={() => change({ wrap: !state.wrap }, { replace: true })}><Icon name="wrap" /> <span>Wrap</span></button>
      </div>
      {view.trouble && <p className="tail-trouble" role="alert"><Icon name="alert" /> {view.trouble}</p>}
      {hits.length === 0 ? (
        <Notice icon="live" title={view.connection === 'open' ? 'Waiting for events' : 'Connecting…'}>What is written now and matches is shown here within a second.</Notice>
      ) : (
        <div className="tail-box">
          <div
            className={`results tail ${state.wrap ? 'results-wrap' : ''}`} ref={pane} tabIndex={0} aria-label="Live events"
            onScroll={(event) => { const el = event.currentTarget; setStuck(el.scrollHeight - el.scrollTop - el.clientHeight < NEAR); }}
          >
            <div className="table" role="table" aria-label="Events" style={narrow ? undefined : { minWidth }}>
              <div role="rowgroup" className="table-head">
                <div role="row" className="row-cells" style={{ gridTemplateColumns: template }}>
                  <span role="columnheader"><span className="offscreen">Details</span></span>
                  <span role="columnheader">time</span>
                  {state.columns.map((column) => <span role="columnheader" key={column} title={column}>{heading(column)}</span>)}
                </div>
              </div>
              <div role="rowgroup" className="table-body" style={{ height: rows.getTotalSize() }}>
                {rows.getVirtualItems().map((item) => (
                  <div key={item.key} data-index={item.index} ref={rows.measureElement} className="table-slot" style={{ transform: `translateY(${item.start}px)` }} role="presentation">
                    <ResultRow hit={hits[item.index]!} index={item.index + 2} open={open.has(hits[item.index]!.id)} toggle={toggle} columns={state.columns} template={template} filterBy={filterBy} change={change} pattern={pattern} />
                  </div>
                ))}
              </div>
            </div>
          </div>
          {!stuck && <button type="button" className="button primary to-newest" onClick={() => setStuck(true)}><Icon name="down" size={14} /> To the newest</button>}
        </div>
      )}
    </>
  );
}
