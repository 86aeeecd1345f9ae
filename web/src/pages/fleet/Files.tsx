import { useMemo, useState } from 'react';
import type { Source } from '../../api/types';
import { bytes, number } from '../../time/format';
import { Ago } from '../../ui/Ago';
import { Notice } from '../../ui/Notice';

/** So many files are shown at first; a host may have thousands. */
const STEP = 200;

interface Props {
  sources: Source[];
  complete: boolean;
  total: number;
}

/** An agent's files, those with trouble first, then those furthest behind. */
export function Files({ sources, complete, total }: Props) {
  const [wanted, setWanted] = useState('');
  const [most, setMost] = useState(STEP);
  const found = useMemo(() => {
    const text = wanted.trim().toLowerCase();
    return sources
      .filter((s) => `${s.path} ${s.collection} ${s.error ?? ''}`.toLowerCase().includes(text))
      .sort((a, b) => Number(!a.error) - Number(!b.error) || b.behind - a.behind || a.path.localeCompare(b.path));
  }, [sources, wanted]);
  return (
    <section className="stack-small">
      <div className="page-head">
        <h2 className="page-title">Files</h2>
        {sources.length > 5 && <input type="text" className="find" aria-label="Find a file" placeholder="Find a file or collection" value={wanted} onChange={(event) => setWanted(event.target.value)} />}
      </div>
      {!complete && sources.length < total && <p className="muted small">These {number(sources.length)} of {number(total)} are the furthest behind; the agent has not told of the others.</p>}
      {sources.length === 0 ? (
        <Notice icon="file" title="No file is collected here">{complete ? 'No collection names a file that this host has, or allow_paths keeps it shut.' : 'The agent tells of its files within half a minute.'}</Notice>
      ) : (
        <div className="card">
          <table className="sheet">
            <thead><tr><th scope="col">File</th><th scope="col">Collection</th><th scope="col">Read</th><th scope="col" className="num">Behind</th><th scope="col" className="num">Rate</th><th scope="col">Last read</th></tr></thead>
            <tbody>{found.slice(0, most).map((s) => <FileRow key={s.id + s.path} source={s} />)}</tbody>
          </table>
          {found.length === 0 && <p className="muted none">No file matches.</p>}
        </div>
      )}
      {found.length > most && <button type="button" className="button" onClick={() => setMost(most + STEP)}>Show {number(Math.min(STEP, found.length - most))} more of {number(found.length)}</button>}
    </section>
  );
}

function FileRow({ source: s }: { source: Source }) {
  const part = s.size > 0 ? Math.min(1, s.offset / s.size) : 1;
  const percent = part === 1 ? 100 : Math.floor(part * 100);
  return (
    <tr>
      <td className="lead"><span className="mono file-path">{s.path}</span>{s.error && <span className="sub problem-text">{s.error}</span>}{lost(s) && <span className="sub"><span className="warn">{lost(s)}</span></span>}</td>
      <td data-label="Collection">{s.collection}</td>
      <td data-label="Read">
        {s.id === '' ? <span className="muted">not collected</span> : (
          <span className="file-read">
            <span className="meter" aria-hidden="true"><span style={{ width: `${percent}%` }} /></span>
            <span className="small" title={`${number(s.offset)} of ${number(s.size)} bytes`}>{bytes(s.offset)} of {bytes(s.size)}</span>
          </span>
        )}
      </td>
      <td data-label="Behind" className={`num ${s.behind > 0 ? '' : 'muted'}`}>{bytes(s.behind)}</td>
      <td data-label="Rate" className="num">{s.rate === undefined ? '–' : `${bytes(Math.round(s.rate))}/s`}</td>
      <td data-label="Last read"><Ago at={s.last_read} /></td>
    </tr>
  );
}

/** What of a file did not get through, and why. */
function lost(s: Source): string {
  const parts = [];
  if (s.gaps) parts.push(`${number(s.gaps)} ${s.gaps === 1 ? 'gap' : 'gaps'}: ${bytes(s.gap_bytes ?? 0)} could not be read`);
  if (s.skipped_bytes) parts.push(`${bytes(s.skipped_bytes)} skipped by a limit, or empty`);
  return parts.join('; ');
}
