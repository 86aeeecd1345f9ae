import type { AgentInput } from '../../api/types';
import { bytes, number } from '../../time/format';
import { Link } from '../../ui/Link';

/** The ways into an agent besides files: what comes by them, who asks for it, and how full their spools are. */
export function Inputs({ inputs }: { inputs: AgentInput[] }) {
  if (inputs.length === 0) return null;
  return (
    <section className="stack-small">
      <h2>Inputs</h2>
      <div className="card">
        <table className="sheet">
          <thead><tr><th scope="col">Input</th><th scope="col">Collection</th><th scope="col" className="num">Received</th><th scope="col" className="num">Lost</th><th scope="col" className="num">In its spool</th></tr></thead>
          <tbody>{inputs.map((input) => <Row key={input.name} input={input} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ input: i }: { input: AgentInput }) {
  const takers = i.collections ?? [];
  return (
    <tr>
      <td className="lead">
        {i.name} <span className="muted">{i.kind}</span>
        <span className="sub">{i.last_error ?? (i.listening?.join(', ') || 'not started')}</span>
      </td>
      <td data-label="Collection">
        {takers.length === 0 && <span className="warn">none asks for it; it waits in its spool</span>}
        {takers.map((name) => <Link key={name} href={`/collections/${encodeURIComponent(name)}`}>{name}</Link>)}
      </td>
      <td data-label="Received" className="num">{number(i.received)}<span className="sub">{bytes(i.received_bytes)}</span></td>
      <td data-label="Lost" className={i.dropped ? 'num problem-text' : 'num'}>{number(i.dropped ?? 0)}</td>
      <td data-label="In its spool" className="num">{bytes(i.spool_bytes)}<span className="sub">of {bytes(i.spool_limit)}</span></td>
    </tr>
  );
}
