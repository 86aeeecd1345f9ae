import { useRef, useState } from 'react';
import * as calls from '../../api/calls';
import type { SearchParams } from '../../api/types';
import { csv, ndjson, type Writer } from '../../event/export';
import { number } from '../../time/format';
import { pinned } from '../../time/range';
import { Icon } from '../../ui/Icon';
import { message } from '../../ui/Notice';
import { Popover } from '../../ui/Popover';
import { toast } from '../../ui/toast';

/** A file is made in the browser's memory, so it has an end, in events and in characters. */
const MOST = 20_000;
const LONGEST = 200_000_000;
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
  const save = async (writer: Writer) => {
    abort.current = new AbortController();
    setDone(0);
    try {
      const file = await collect(params, writer, abort.current.signal, setDone);
      hand(writer, file.parts);
      toast(`${number(file.events)} events saved${file.cut ? ': the newest, for the file has its limit' : ''}.${file.incomplete ? ' Some may be missing: a part of the search store does not answer.' : ''}`);
    } catch (error) {
      if (!abort.current.signal.aborted) toast(`Nothing was saved: ${message(error)}`);
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
          <button type="button" className="menu-item" onClick={() => { close(); void save(csv(columns)); }}>CSV <small className="muted">the columns shown</small></button>
          <button type="button" className="menu-item" onClick={() => { close(); void save(ndjson); }}>NDJSON <small className="muted">whole events</small></button>
          {total > MOST && <p className="muted small">The newest {number(MOST)} are saved. Choose a shorter time for the others.</p>}
        </div>
      )}
    </Popover>
  );
}

/** What becomes a file: text of each page. */
interface Collected {
  parts: string[];
  events: number;
  /** There are more events. */
  cut: boolean;
  incomplete: boolean;
}

async function collect(params: SearchParams, writer: Writer, signal: AbortSignal, progress: (n: number) => void): Promise<Collected> {
  const fixed = { ...params, ...pinned(params, Date.now()) };
  const file: Collected = { parts: [writer.head], events: 0, cut: false, incomplete: false };
  let cursor = '';
  let length = 0;
  do {
    const page = await calls.search({ ...fixed, size: Math.min(PAGE, MOST - file.events), cursor, histogram: 0 }, signal);
    const rows = writer.rows(page.hits);
    file.parts.push(rows);
    file.events += page.hits.length;
    file.incomplete ||= (page.incomplete ?? []).length > 0;
    length += rows.length;
    progress(file.events);
    cursor = page.next;
  } while (cursor && file.events < MOST && length < LONGEST);
  file.cut = cursor !== '';
  return file;
}

function hand({ name, type }: Writer, parts: string[]): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
