import type { Stage } from '../../api/types';
import { Pipe } from './Pipe';
import { End, StageCard } from './StageCard';
import { ADOPT, AGENT, ENRICH, FLEET, INDEXER, measured } from './stages';

/** The flow as a picture: stages, and between them the topics with what runs through them. */
export function Flow({ stages }: { stages: Stage[] }) {
  const of = (name: string) => stages.find((s) => s.name === name);
  const agent = of('agent');
  const enrich = of('enrich');
  const indexer = of('indexer');
  const adopt = of('adopt');
  return (
    <div className="flow card">
      <ol className="lane lane-main" aria-label="From files to search">
        <li><StageCard known={AGENT} stage={agent} unit="lines" /></li>
        <li><Pipe topic="raw" rate={measured(enrich)?.rate_in ?? measured(agent)?.rate_out} reader={enrich} /></li>
        <li><StageCard known={ENRICH} stage={enrich} unit="lines" /></li>
        <li><Pipe topic="logs.*" rate={measured(enrich)?.rate_out} reader={indexer} /></li>
        <li><StageCard known={INDEXER} stage={indexer} unit="events" /></li>
        <li><Pipe topic="bulk" rate={measured(indexer)?.rate_out} /></li>
        <li><End icon="search" title="Search" href="/">find events</End></li>
      </ol>
      <div className="lanes">
        <ol className="lane" aria-label="From other shippers">
          <li><StageCard known={ADOPT} stage={adopt} unit="lines" /></li>
          <li><Pipe topic="raw" rate={measured(adopt)?.rate_out} /></li>
          <li><End icon="gear" title="Enrich">as the agents’ lines</End></li>
        </ol>
        <ol className="lane" aria-label="From the agents’ beats">
          <li><StageCard known={FLEET} stage={of('fleet')} unit="beats" /></li>
          <li><Pipe topic="table" rate={measured(of('fleet'))?.rate_out} /></li>
          <li><End icon="fleet" title="Fleet page" href="/fleet">see the agents</End></li>
        </ol>
      </div>
    </div>
  );
}
