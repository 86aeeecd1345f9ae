import type { Stage } from '../../api/types';
import { number } from '../../time/format';
import { KNOWN, meaning } from './stages';

/** What did not get through, by stage and reason. */
export function LeftOut({ stages }: { stages: Stage[] }) {
  const rows = stages.flatMap((s) => [
    ...Object.entries(s.dropped ?? {}).map(([reason, count]) => ({ stage: s.name, kind: 'dropped', reason, count })),
    ...Object.entries(s.dead_lettered ?? {}).map(([reason, count]) => ({ stage: s.name, kind: 'dead letter', reason, count })),
  ]).filter((row) => row.count > 0).sort((a, b) => b.count - a.count);
  return (
    <section className="stack-small">
      <h2>Left out, and why</h2>
      {rows.length === 0 ? (
        <p className="muted">Nothing was dropped, and there are no dead letters.</p>
      ) : (
        <div className="card">
          <table className="sheet">
            <thead><tr><th scope="col">Reason</th><th scope="col">Stage</th><th scope="col">What became of it</th><th scope="col" className="num">Count</th></tr></thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.stage + row.kind + row.reason}>
                  <td className="lead"><code>{row.reason}</code>{meaning(row.reason) && <span className="sub">{meaning(row.reason)}</span>}</td>
                  <td data-label="Stage">{KNOWN.find((k) => k.name === row.stage)?.title ?? row.stage}</td>
                  <td data-label="Became" className={row.kind === 'dropped' ? 'muted' : 'problem-text'}>{row.kind}</td>
                  <td data-label="Count" className="num">{number(row.count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
