import '../../styles/collections.css';
import { useMemo } from 'react';
import { useAgents, useCollections, useHosts } from '../../api/queries';
import type { Agent, Collection, Host } from '../../api/types';
import { number, rate } from '../../time/format';
import { Icon } from '../../ui/Icon';
import { Link } from '../../ui/Link';
import { Failure, Notice } from '../../ui/Notice';
import { StateDot } from '../../ui/StateDot';
import { failedEvents } from '../../url/searchState';
import { useTitle } from '../../url/title';
import { summary, type Summary } from './summary';

const NO_AGENTS: Agent[] = [];
const NO_HOSTS: Host[] = [];

export default function CollectionsPage() {
  useTitle('Collections');
  const collections = useCollections();
  const agents = useAgents().data ?? NO_AGENTS;
  const hosts = useHosts().data ?? NO_HOSTS;
  const rows = useMemo(() => (collections.data ?? []).map((c) => ({ collection: c, state: summary(c, agents, hosts, collections.data!) })), [collections.data, agents, hosts]);
  const create = <Link className="button primary" href="/new-collection"><Icon name="plus" /> New collection</Link>;
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-title">
          <h1>Collections</h1>
          <p className="page-lead">Which files of which hosts are collected, and how their lines are read.</p>
        </div>
        {create}
      </header>
      {collections.error && !collections.data ? (
        <Failure error={collections.error} what="collections" retry={() => void collections.refetch()} />
      ) : collections.data?.length === 0 ? (
        <Notice icon="layers" title="No collections yet" actions={create}>Name some files, say how their lines look, and every host that has them begins to send within seconds.</Notice>
      ) : collections.data ? (
        <div className="card"><Sheet rows={rows} /></div>
      ) : (
        <div className="page-loading" role="status">Loading…</div>
      )}
    </div>
  );
}

function Sheet({ rows }: { rows: { collection: Collection; state: Summary }[] }) {
  return (
    <table className="sheet">
      <thead>
        <tr><th scope="col">Collection</th><th scope="col">App</th><th scope="col">Hosts</th><th scope="col" className="num">Files</th><th scope="col" className="num">Lines</th><th scope="col" className="num" title="In the last hour">Failures</th><th scope="col">Revision</th></tr>
      </thead>
      <tbody>
        {rows.map(({ collection: c, state }) => (
          <tr key={c.name}>
            <td className="lead">
              <Link href={`/collections/${encodeURIComponent(c.name)}`}>{c.name}</Link>
              <span className="sub">{c.config.description || c.config.paths?.join(', ') || c.config.topics?.join(', ')}</span>
              {state.error && <span className={`sub ${state.tone === 'error' ? 'problem-text' : 'warn'}`}>{state.error}</span>}
            </td>
            <td data-label="App"><span><Link className="plain" href={`/?app=${encodeURIComponent(c.config.app ?? '')}`}>{c.config.app}</Link> <span className="muted">{c.config.env}</span></span></td>
            <td data-label="Hosts"><StateDot tone={state.tone}>{state.hosts}</StateDot></td>
            <td data-label="Files" className="num">{number(state.files)}</td>
            <td data-label="Lines" className="num">{state.rate === undefined ? '–' : rate(state.rate)}{state.shared && <span className="sub">all of {c.config.app}</span>}</td>
            <td data-label="Failures" className="num"><Failures of={c} count={state.failures} /></td>
            <td data-label="Revision"><code className="muted">{c.revision.slice(0, 8)}</code></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How many events failed in the pipeline in the last hour; a link to them, which tell the step and the cause. */
function Failures({ of: c, count }: { of: Collection; count: number | undefined }) {
  if (!count) return <>{count === undefined ? '–' : 0}</>;
  return <Link className="problem-text" href={failedEvents(c.name)} aria-label={`${number(count)} failures of ${c.name}: show the events`}>{number(count)}</Link>;
}
