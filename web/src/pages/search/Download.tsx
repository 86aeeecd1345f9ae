import { useRef, useState } from 'react';
import * as calls from '../../api/calls';
import type { Hit, SearchParams } from '../../api/types';
import { csv, ndjson } from '../../event/export';
import { number } from '../../time/format';
import { pinned } from '../../time/range';
import { Icon } from '../../ui/Icon';
import { message } from '../../ui/Notice';
import { Popover } from '../../ui/Popover';
import { toast } from '../../ui/toast';

/** A file is made in the browser's memory, so it has an end. */
const MOST = 20_000;
const PAGE = 1000;

interface Props {
  params: SearchParams;
  columns: string[];
  total: number;
}

/** Saves what was found, newest first, page by page. */
export function Download({ params, columns, total }: Props) {
  const [done, setDone] = useState<number>();
  const abort = useRef<AbortController>(undefined);
  const save = async (kind: 'csv' | 'ndjson') => {
    abort.current = new AbortController();
    setDone(0);
    try {
      const hits = await collect(params, abort.current.signal, setDone);
      if (kind === 'csv') hand('events.csv', 'text/csv', csv(hits, columns));
      else hand('events.ndjson', 'application/x-ndjson', ndjson(hits));
      toast(`${number(hits.length)} events saved.`);
    } catch (error) {
      if (!abort.current.signal.aborted) toast(message(error));
    } finally {
      setDone(undefined);
    }
  };
  if (done !== undefined) {
    return <button type="button" className="button quiet" onClick={() => abort.current?.abort()}><Icon name="close" /> Stop ({number(done)})</button>;
  }
  return (
    <Popover label="Download" className="button quiet" align="right" button={<><Icon name="download" /> <span>Download</span></>}>
      {(close) => (
        <div className="menu">
          <button type="button" className="menu-item" onClick={() => { close(); void save('csv'); }}>CSV <small className="muted">the columns shown</small></button>
          <button type="button" className="menu-item" onClick={() => { close(); void save('ndjson'); }}>NDJSON <small className="muted">whole events</small></button>
          {total > MOST && <p className="muted small">The newest {number(MOST)} are saved. Choose a shorter time for the others.</p>}
        </div>
      )}
    </Popover>
  );
}

async function collect(params: SearchParams, signal: AbortSignal, progress: (n: number) => void): Promise<Hit[]> {
  const fixed = { ...params, ...pinned(params, Date.now()) };
  const hits: Hit[] = [];
  let cursor = '';
  do {
    const page = await calls.search({ ...fixed, size: Math.min(PAGE, MOST - hits.length), cursor, histogram: 0 }, signal);
    hits.push(...page.hits);
    progress(hits.length);
    cursor = page.next;
  } while (cursor && hits.length < MOST);
  return hits;
}

function hand(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
