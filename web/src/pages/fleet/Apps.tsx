import type { Host } from '../../api/types';
import { bytes, rate } from '../../time/format';

/** What comes from a host by app, by the second over 1, 5 and 15 minutes. */
export function Apps({ host }: { host: Host | undefined }) {
  const apps = Object.entries(host?.apps ?? {}).sort(([a], [b]) => a.localeCompare(b));
  if (apps.length === 0) return null;
  return (
    <section className="stack-small">
      <h2>What comes from it</h2>
      <p className="muted small">Averaged over a minute, and below over 5 and 15 minutes.</p>
      <div className="card">
        <table className="sheet">
          <thead><tr><th scope="col">App</th><th scope="col" className="num">Lines</th><th scope="col" className="num">Bytes</th><th scope="col" className="num">Errors</th><th scope="col" className="num">Failures</th></tr></thead>
          <tbody>
            {apps.map(([name, a]) => (
              <tr key={name}>
                <td className="lead">{name === '_other' ? 'others' : name}</td>
                <td data-label="Lines" className="num"><Flow of={[a.rate_1m, a.rate_5m, a.rate_15m]} /></td>
                <td data-label="Bytes" className="num"><Flow of={[a.bytes_rate_1m, a.bytes_rate_5m, a.bytes_rate_15m]} text={(n) => `${bytes(n)}/s`} /></td>
                <td data-label="Errors" className="num"><Flow of={[a.errors_rate_1m, a.errors_rate_5m, a.errors_rate_15m]} /></td>
                <td data-label="Failures" className="num"><Flow of={[a.failures_rate_1m, a.failures_rate_5m, a.failures_rate_15m]} bad /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Rates fade and never quite end: less than one in a quarter of an hour is none. */
const NONE = 1 / 900;

/** A rate over a minute, and below it those over 5 and 15. */
function Flow({ of, text = rate, bad = false }: { of: [number, number, number]; text?: (n: number) => string; bad?: boolean }) {
  const [m1, m5, m15] = of.map((n) => (n < NONE ? '0' : text(n)));
  return (
    <span>
      <span className={bad && of[0] >= NONE ? 'warn' : undefined}>{m1}</span>
      {of[2] >= NONE && <span className="sub" title="Averaged over 5 and over 15 minutes">{m5}, {m15}</span>}
    </span>
  );
}
