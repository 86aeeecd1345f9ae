import { ago, stamp, utc } from '../time/format';
import { useNow } from './useNow';

/** How long ago a time was; hovering tells when, in the viewer's zone and in UTC. */
export function Ago({ at }: { at: string | undefined }) {
  const now = useNow();
  const date = new Date(at ?? '');
  if (!at || Number.isNaN(date.getTime()) || date.getTime() <= 0) return <span className="muted">–</span>;
  return <time dateTime={at} title={`${stamp(date, false)} · ${utc(date)}`}>{ago(date, now)}</time>;
}
