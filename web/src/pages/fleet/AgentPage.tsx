import '../../styles/fleet.css';
import { isMissing } from '../../api/client';
import { useAgent, useAgents, useHosts } from '../../api/queries';
import type { Agent, Host } from '../../api/types';
import { bytes, number, rate } from '../../time/format';
import { Ago } from '../../ui/Ago';
import { Icon } from '../../ui/Icon';
import { Link } from '../../ui/Link';
import { Failure, Notice } from '../../ui/Notice';
import { Time } from '../../ui/Time';
import { useTitle } from '../../url/title';
import { AgentState } from './AgentState';
import { Apps } from './Apps';
import { Explain } from './Explain';
import { type Flow, flowOf, labels } from './facts';
import { Files } from './Files';
import { Inputs } from './Inputs';

const NO_HOSTS: Host[] = [];

/** One agent: how it is, what it collects, and how far it has read each file. */
export default function AgentPage({ id }: { id: string }) {
  const detail = useAgent(id);
  const list = useAgents();
  const hosts = useHosts().data ?? NO_HOSTS;
  // The list knows every agent, also where the server tells no more of one.
  const agent = detail.data?.agent ?? list.data?.find((a) => a.id === id);
  useTitle(agent?.host ?? '', 'Fleet');
  if (!agent) {
    if (list.error && detail.error) return <Failure error={list.error} what="the agent" retry={() => { void list.refetch(); void detail.refetch(); }} />;
    if (list.data && (detail.error || detail.data)) return <Notice icon="fleet" title="There is no such agent" actions={<Link className="button primary" href="/fleet">The fleet</Link>}>No agent has reported under the id <code>{id}</code>.</Notice>;
    return <div className="page-loading" role="status">Loading…</div>;
  }
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-title">
          <p className="crumb"><Link href="/fleet">Fleet</Link></p>
          <h1>{agent.host} <small className="agent-state"><AgentState agent={agent} /></small></h1>
          {labels(agent) && <p className="page-lead">{labels(agent)}</p>}
        </div>
        <Link className="button" href={`/?host=${encodeURIComponent(agent.host)}`}><Icon name="search" /> Its events</Link>
      </header>
      {agent.last_error && <p className="last-error"><Icon name="alert" /> <span>{agent.last_error} <span className="muted"><Ago at={agent.last_error_at} /></span></span></p>}
      <Facts agent={agent} flow={flowOf(agent.host, hosts)} />
      <Collections agent={agent} />
      <Inputs inputs={agent.inputs ?? []} />
      <Apps host={hosts.find((h) => h.host === agent.host)} />
      <Explain id={id} />
      {detail.data ? (
        <Files sources={detail.data.sources ?? []} complete={detail.data.complete} total={agent.files} />
      ) : isMissing(detail.error) ? (
        <Notice icon="file" title="This server does not list an agent’s files">It is older than this page. Update Millrace to see offsets and errors of each file.</Notice>
      ) : detail.error ? (
        <Failure error={detail.error} what="its files" retry={() => void detail.refetch()} />
      ) : (
        <div className="page-loading" role="status">Loading…</div>
      )}
    </div>
  );
}

function Facts({ agent: a, flow }: { agent: Agent; flow: Flow | undefined }) {
  return (
    <dl className="facts card">
      <div><dt>Behind</dt><dd className="big">{bytes(a.bytes_behind)}</dd></div>
      <div><dt>Rate</dt><dd className="big">{flow ? rate(flow.lines) : '–'}</dd>{flow && <dd className="muted">{bytes(flow.bytes)}/s</dd>}</div>
      <div><dt>Files</dt><dd className="big">{number(a.files)}</dd>{a.files_refused > 0 && <dd className="warn">{number(a.files_refused)} refused by allow_paths</dd>}</div>
      <div><dt>Shipped</dt><dd className="big">{number(a.lines_shipped)} lines</dd><dd className="muted">{bytes(a.bytes_shipped)} since it started</dd></div>
      <div><dt>Heard of</dt><dd><Ago at={a.last_beat} /></dd></div>
      <div><dt>Started</dt><dd><Time at={a.started} millis={false} /></dd></div>
      <div><dt>Gaps</dt>{a.gaps > 0 ? <dd><Link className="problem-text" href={lostLines(a)}>{number(a.gaps)}, {gapSize(a)}</Link></dd> : <dd>none</dd>}</div>
      <div><dt>Failed sends</dt><dd>{a.ship_errors > 0 ? `${number(a.ship_errors)}, repeated` : 'none'}</dd></div>
      {a.usage && <div><dt>Takes</dt><dd>{bytes(a.usage.memory_bytes)} of {bytes(a.usage.memory_limit)}</dd>{(a.usage.delayed_ms ?? 0) > 0 && <dd className="muted">reading waited {number((a.usage.delayed_ms ?? 0) / 1000)} s to keep to {a.usage.cpu_limit} cores</dd>}</div>}
      <div><dt>Version</dt><dd>{a.version}</dd></div>
      <div><dt>Id</dt><dd className="mono">{a.id}</dd></div>
    </dl>
  );
}

/** What the gaps hold that is known. Files that went while the agent was down are gaps, too. */
function gapSize(a: Agent): string {
  return a.gap_bytes > 0 ? `at least ${bytes(a.gap_bytes)} could not be read` : 'how much they held is not known';
}

/** Each gap is an event in its app, which names the file and why. */
function lostLines(a: Agent): string {
  return `/?${new URLSearchParams({ host: a.host, q: 'event.action:lines-lost', from: a.started }).toString()}`;
}

function Collections({ agent }: { agent: Agent }) {
  if (agent.collections.length === 0) return <p className="muted">No collection selects this host.</p>;
  return (
    <section className="stack-small">
      <h2>Collections it runs</h2>
      <div className="card">
        <table className="sheet">
          <thead><tr><th scope="col">Collection</th><th scope="col" className="num">Files</th><th scope="col">Revision</th></tr></thead>
          <tbody>
            {agent.collections.map((c) => (
              <tr key={c.name}>
                <td className="lead"><Link href={`/collections/${encodeURIComponent(c.name)}`}>{c.name}</Link>{c.error && <span className="sub">{c.error}</span>}{c.limited && <span className="sub warn">at its limits, {number(c.skipped_lines ?? 0)} lines left out</span>}</td>
                <td data-label="Files" className="num">{number(c.files)}</td>
                <td data-label="Revision"><code className="muted">{c.revision.slice(0, 8)}</code></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
