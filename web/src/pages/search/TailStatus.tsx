import { number, rate } from '../../time/format';
import { KEPT, type TailView } from './useTail';

/** How the tail goes: what matches, what was left out, and whether it is still connected. */
export function TailStatus({ view, paused }: { view: TailView; paused: boolean }) {
  const skipped = view.status.skipped + view.dropped;
  const lost = view.connection === 'lost';
  return (
    <p className="total tail-status">
      <span className={`live-dot ${lost ? 'live-lost' : paused ? 'live-paused' : ''}`} />
      <strong role="status">{lost ? 'Connection lost, trying again' : paused ? 'Paused' : view.connection === 'open' ? 'Live' : 'Connecting…'}</strong>
      <span>{rate(view.status.rate)}</span>
      <span className="muted">{number(view.status.matched)} matched</span>
      <span className={skipped > 0 ? 'warn' : 'muted'} title={`More came than can be shown. The newest ${number(KEPT)} stay on the page; search finds them all.`}>{number(skipped)} skipped</span>
      {paused && view.waiting > 0 && <span className="accent">{number(view.waiting)} waiting</span>}
    </p>
  );
}
