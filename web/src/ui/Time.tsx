import { stamp, utc } from '../time/format';

/** A time in the viewer's zone; hovering tells UTC. */
export function Time({ at, millis = true }: { at: string | undefined; millis?: boolean }) {
  const date = new Date(at ?? '');
  if (!at || Number.isNaN(date.getTime()) || date.getTime() <= 0) return <span className="muted">–</span>;
  return <time dateTime={at} title={utc(date)}>{stamp(date, millis)}</time>;
}
