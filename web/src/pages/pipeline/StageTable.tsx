import type { Stage } from '../../api/types';
import { number } from '../../time/format';
import { Ago } from '../../ui/Ago';
import { KNOWN, lagText, rateText, total } from './stages';

/** Every stage in figures: what went in is what came out, was dropped or is a dead letter. */
export function StageTable({ stages }: { stages: Stage[] }) {
  const order = (s: Stage) => KNOWN.findIndex((k) => k.name === s.name) + 1 || KNOWN.length + 1;
  const rows = [...stages].sort((a, b) => order(a) - order(b));
  return (
    <section className="stack-small">
      <h2>In figures</h2>
      <div className="card">
        <table className="sheet">
          <thead><tr><th scope="col">Stage</th><th scope="col" className="num">In</th><th scope="col" className="num">Out</th><th scope="col" className="num">Dropped</th><th scope="col" className="num">Dead letters</th><th scope="col">Lag</th></tr></thead>
          <tbody>
            {rows.map((s) => (
              <tr key={s.name}>
                <td className="lead">
                  <strong>{KNOWN.find((k) => k.name === s.name)?.title ?? s.name}</strong>
                  {s.last_error && <span className="sub"><span className="problem-text">{s.last_error}</span> <Ago at={s.last_error_at} /></span>}
                </td>
                <td data-label="In" className="num"><span>{number(s.in)}<span className="sub">{rateText(s, s.rate_in)}</span></span></td>
                <td data-label="Out" className="num"><span>{number(s.out)}<span className="sub">{rateText(s, s.rate_out)}</span></span></td>
                <td data-label="Dropped" className="num">{number(total(s.dropped))}</td>
                <td data-label="Dead letters" className="num"><span className={total(s.dead_lettered) > 0 ? 'problem-text' : ''}>{number(total(s.dead_lettered))}</span></td>
                <td data-label="Lag">{lagText(s)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="muted small">Counted since each process started.</p>
    </section>
  );
}
