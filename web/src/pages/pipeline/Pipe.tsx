import type { Stage } from '../../api/types';
import { rate, short } from '../../time/format';
import { isSlow } from './stages';

interface Props {
  topic: string;
  rate: number | undefined;
  /** The stage that reads from the topic, for which records wait there. */
  reader?: Stage;
}

/** What runs between two stages: the topic, the rate, and what waits in it. */
export function Pipe({ topic, rate: lines, reader }: Props) {
  const lag = reader?.lag_records ?? 0;
  const speed = lines === undefined || lines <= 0 ? 0 : Math.min(3, Math.max(0.35, 2.2 - Math.log10(lines + 1) * 0.5));
  return (
    <div className="pipe">
      <span className="pipe-rate">{lines === undefined ? '–' : rate(lines)}</span>
      <svg className="pipe-line" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <line x1="0" y1="6" x2="100" y2="6" className="pipe-bed" vectorEffect="non-scaling-stroke" />
        {speed > 0 && <line x1="0" y1="6" x2="100" y2="6" className="pipe-water" vectorEffect="non-scaling-stroke" style={{ animationDuration: `${speed}s` }} />}
      </svg>
      <span className="pipe-head" aria-hidden="true" />
      <span className="pipe-topic">
        <code>{topic}</code>
        {lag > 0 && <span className={isSlow(reader) ? 'pipe-slow' : ''}>{short(lag)} waiting</span>}
      </span>
    </div>
  );
}
