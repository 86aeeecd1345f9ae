import { useState } from 'react';
import { stamp } from '../../time/format';
import { QUICK, fromLocal, instant, label, moves, toLocal } from '../../time/range';
import { REFRESHES, type SearchState } from '../../url/searchState';
import { Icon } from '../../ui/Icon';
import { Popover } from '../../ui/Popover';
import type { Change } from './useSearchState';

/** Which time to look at, and how often to look again. */
export function TimePicker({ state, change }: { state: SearchState; change: Change }) {
  const range = { from: state.from, to: state.to };
  return (
    <Popover
      label="Time range" align="right"
      button={<><Icon name="clock" /> <span className="range-text">{label(range) ?? describe(range.from, range.to)}</span> {moves(range) && state.refresh > 0 && <small className="muted">{state.refresh} s</small>} <Icon name="down" size={12} /></>}
    >
      {(close) => (
        <div className="time-picker">
          <div className="quick" role="group" aria-label="Quick ranges">
            {QUICK.map((quick) => (
              <button
                key={quick.from} type="button" className="menu-item" aria-pressed={range.to === '' && range.from === quick.from}
                onClick={() => { change({ from: quick.from, to: '' }); close(); }}
              >
                {quick.label}
              </button>
            ))}
          </div>
          <Absolute from={range.from} to={range.to} apply={(next) => { change(next); close(); }} />
          <label className="field">
            <span className="field-label">Look again</span>
            <select value={state.refresh} disabled={!moves(range)} onChange={(event) => change({ refresh: Number(event.target.value) }, { replace: true })}>
              {REFRESHES.map((s) => <option key={s} value={s}>{s === 0 ? 'only when asked' : `every ${s} seconds`}</option>)}
            </select>
          </label>
        </div>
      )}
    </Popover>
  );
}

function describe(from: string, to: string): string {
  const show = (bound: string, open: string) => {
    const at = instant(bound, Date.now());
    return at === undefined ? open : stamp(new Date(at), false);
  };
  return `${show(from, 'the beginning')} – ${show(to, 'now')}`;
}

function Absolute({ from, to, apply }: { from: string; to: string; apply: (range: { from: string; to: string }) => void }) {
  const [now] = useState(Date.now);
  const [first, setFirst] = useState(toLocal(instant(from, now) ?? now - 86400e3));
  const [last, setLast] = useState(toLocal(instant(to, now) ?? now));
  const wrong = !(Date.parse(first) < Date.parse(last));
  return (
    <div className="absolute" role="group" aria-label="From and to">
      <label className="field"><span className="field-label">From</span><input type="datetime-local" step="1" value={first} onChange={(event) => setFirst(event.target.value)} /></label>
      <label className="field"><span className="field-label">To</span><input type="datetime-local" step="1" value={last} onChange={(event) => setLast(event.target.value)} aria-invalid={wrong} /></label>
      <small className="muted">{Intl.DateTimeFormat().resolvedOptions().timeZone}</small>
      {wrong && <p className="field-problem" role="alert">To must lie after from.</p>}
      <button type="button" className="button primary" disabled={wrong} onClick={() => apply({ from: fromLocal(first), to: fromLocal(last) })}>Use these times</button>
    </div>
  );
}
