import '../../styles/fleet.css';
import { Fragment, useMemo } from 'react';
import { useAgents, useHosts } from '../../api/queries';
import type { Agent, Host } from '../../api/types';
import { bytes, number, rate } from '../../time/format';
import { Ago } from '../../ui/Ago';
import { Link } from '../../ui/Link';
import { Failure, Notice } from '../../ui/Notice';
import { navigate, useAddress } from '../../url/route';
import { useTitle } from '../../url/title';
import { AgentState } from './AgentState';
import { labels, flowOf } from './facts';

const NO_HOSTS: Host[] = [];
const STATES: Agent['state'][] = ['running', 'silent', 'stopped'];
/** Which agents stand first: of a whole fleet, those that somebody should look at. */
const URGENT: Agent['state'][] = ['silent', 'running', 'stopped'];

export default function FleetPage() {
  const agents = useAgents();
  const hosts = useHosts().data ?? NO_HOSTS;
  const wanted = new URLSearchParams(useAddress().query).get('q') ?? '';
  const setWanted = (q: string) => navigate(q ? `/fleet?${new URLSearchParams({ q })}` : '/fleet', { replace: true });
  useTitle('Fleet');
  const shown = useMemo(() => (agents.data ?? []).filter((a) => `${a.host} ${a.state} ${labels(a)}`.toLowerCase().includes(wanted.trim().toLowerCase())).sort((a, b) => URGENT.indexOf(a.state) - URGENT.indexOf(b.state)), [agents.data, wanted]);
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-title">
          <h1>Fleet</h1>
          <p className="page-lead">
            {agents.data && agents.data.length > 0 ? <Counts agents={agents.data} show={setWanted} /> : 'The agents, and how far each has read.'}
          </p>
        </div>
        {(agents.data?.length ?? 0) > 0 && <input type="text" className="find" aria-label="Find a host" placeholder="Find a host, state or label" value={wanted} onChange={(event) => setWanted(event.target.value)} />}
      </header>
      {agents.error && !agents.data ? (
        <Failure error={agents.error} what="agents" retry={() => void agents.refetch()} />
      ) : agents.data?.length === 0 ? (
        <Notice icon="fleet" title="No agent has reported yet">An agent tells how it is every five seconds. Start one with <code>millrace agent</code>; <code>millrace up</code> brings its own.</Notice>
      ) : agents.data ? (
        shown.length === 0 ? <Notice icon="search" title="No agent matches" actions={<button type="button" className="button" onClick={() => setWanted('')}>Show all</button>} /> : <div className="card"><Sheet agents={shown} hosts={hosts} /></div>
      ) : (
        <div className="page-loading" role="status">Loading…</div>
      )}
    </div>
  );
}

/** How many agents are in each state; those that are show themselves alone when asked. */
function Counts({ agents, show }: { agents: Agent[]; show: (state: string) => void }) {
  return STATES.map((state, i) => {
    const count = agents.filter((a) => a.state === state).length;
    const text = `${number(count)} ${state}`;
    return (
      <Fragment key={state}>
        {i > 0 && ', '}
        {count > 0 && count < agents.length ? <button type="button" className={`text-button ${state === 'silent' ? 'problem-text' : ''}`} aria-label={`Show the ${text}`} onClick={() => show(state)}>{text}</button> : text}
      </Fragment>
    );
  });
}

function Sheet({ agents, hosts }: { agents: Agent[]; hosts: Host[] }) {
  return (
    <table className="sheet">
      <thead>
        <tr><th scope="col">Host</th><th scope="col">State</th><th scope="col" className="num">Files</th><th scope="col" className="num">Behind</th><th scope="col" className="num">Lines</th><th scope="col">Heard of</th><th scope="col">Version</th></tr>
      </thead>
      <tbody>
        {agents.map((a) => {
          const flow = flowOf(a.host, hosts);
          return (
            <tr key={a.id}>
              <td className="lead">
                <Link href={`/fleet/${encodeURIComponent(a.id)}`}>{a.host}</Link>
                {labels(a) && <span className="sub">{labels(a)}</span>}
                {a.last_error && <span className="sub">{a.last_error}</span>}
              </td>
              <td data-label="State"><AgentState agent={a} /></td>
              <td data-label="Files" className="num"><span>{number(a.files)}{a.files_refused > 0 && <span className="sub warn">{number(a.files_refused)} refused</span>}</span></td>
              <td data-label="Behind" className="num">{bytes(a.bytes_behind)}</td>
              <td data-label="Lines" className="num">
                {flow ? <span>{rate(flow.lines)}<span className="sub">{bytes(flow.bytes)}/s</span>{flow.failures > 0.005 && <span className="sub warn">{rate(flow.failures)} failing</span>}</span> : '–'}
              </td>
              <td data-label="Heard of"><Ago at={a.last_beat} /></td>
              <td data-label="Version" className="muted">{a.version}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
