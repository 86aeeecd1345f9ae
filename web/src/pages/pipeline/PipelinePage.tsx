import '../../styles/pipeline.css';
import { usePipeline } from '../../api/queries';
import type { Stage } from '../../api/types';
import { Failure } from '../../ui/Notice';
import { useTitle } from '../../url/title';
import { Failing } from './Failing';
import { Flow } from './Flow';
import { LeftOut } from './LeftOut';
import { Servers } from './Servers';
import { StageTable } from './StageTable';
import { Topics } from './Topics';

const NONE: Stage[] = [];

/** The way of a line, from the file to the index, and how each stage fares. */
export default function PipelinePage() {
  useTitle('Pipeline');
  const pipeline = usePipeline();
  const stages = pipeline.data?.stages ?? NONE;
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-title">
          <h1>Pipeline</h1>
          <p className="page-lead">The way of a line from the file to the index. Nothing is left out without a reason.</p>
        </div>
      </header>
      {pipeline.error && !pipeline.data ? (
        <Failure error={pipeline.error} what="the pipeline" retry={() => void pipeline.refetch()} />
      ) : pipeline.data ? (
        <>
          <Topics findings={pipeline.data.topics ?? []} />
          <Flow stages={stages} />
          {pipeline.data.failing.map((p) => <Failing key={p.collection} pipeline={p} />)}
          <StageTable stages={stages} />
          <LeftOut stages={stages} />
          {pipeline.data.roles && <Servers roles={pipeline.data.roles} />}
        </>
      ) : (
        <div className="page-loading" role="status">Loading…</div>
      )}
    </div>
  );
}
