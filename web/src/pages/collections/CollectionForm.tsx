import { useEffect, useState, type ReactNode } from 'react';
import type { Draft, TextKey } from './draft';
import { PipelineField } from './PipelineField';
import { ReadingFields } from './ReadingFields';
import { TextField } from './TextField';
import { TryPanel } from './try/TryPanel';
import type { Problem } from './useCheck';

interface Props {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  problems: Problem[];
  touch: (field: keyof Draft) => void;
  isNew: boolean;
}

/** Where in a config each field of the form stands; one that is nowhere stands at '-'. */
export const PATHS: Record<keyof Draft, string> = {
  name: 'name', description: 'description', app: 'app', env: 'env', hosts: 'select.hosts', labels: 'select.labels', paths: 'paths', exclude: 'exclude',
  topics: 'topics', inputs: 'inputs', start: 'start', priority: 'priority', period: 'period', retention: 'retention_days', timezone: 'timezone', keepOriginal: 'keep_original',
  pattern: 'multiline.pattern', negate: 'multiline.negate', joinTimeout: 'multiline.timeout', joinBytes: 'multiline.max_bytes', joinLines: 'multiline.max_lines', multiline: 'multiline',
  container: 'container', charset: 'charset', maxLine: 'max_line_bytes', lineLimit: 'limits.lines_per_second', byteLimit: 'limits.bytes_per_second', burst: 'limits.burst',
  ignoreOlder: 'ignore_older', gzip: 'gzip', pipeline: 'pipeline', rest: '-',
};

/** The field that a problem belongs to. */
export function fieldOf(problem: Problem): keyof Draft | undefined {
  return (Object.keys(PATHS) as (keyof Draft)[]).find((field) => {
    const rest = problem.path.startsWith(PATHS[field]) ? problem.path.slice(PATHS[field].length) : undefined;
    return rest === '' || rest?.startsWith('.') || rest?.startsWith('[');
  });
}

const MORE: (keyof Draft)[] = ['topics', 'inputs', 'priority', 'period', 'retention', 'timezone', 'keepOriginal'];
const READING: (keyof Draft)[] = [
  'start', 'ignoreOlder', 'multiline', 'pattern', 'negate', 'joinTimeout', 'joinBytes', 'joinLines', 'container', 'charset', 'maxLine', 'lineLimit', 'byteLimit', 'burst', 'gzip',
];

export function CollectionForm({ draft, set, problems, touch, isNew }: Props) {
  const field = (name: TextKey) => ({
    value: draft[name], set: (value: string) => set({ [name]: value }), problems: problems.filter((p) => fieldOf(p) === name), touch: () => touch(name),
  });
  const among = (fields: (keyof Draft)[]) => problems.some((p) => fields.includes(fieldOf(p)!));
  return (
    <>
      <fieldset className="card form-part">
        <legend>What it is</legend>
        <div className="form-pair">
          <TextField label="Name" required disabled={!isNew} hint={isNew ? 'a–z, 0–9, - _ . It cannot be changed later.' : undefined} placeholder="shop-access" {...field('name')} />
          <TextField label="App" required hint="Search and indices know the lines by this name." placeholder="shop" {...field('app')} />
        </div>
        <div className="form-pair">
          <TextField label="Description" {...field('description')} />
          <TextField label="Environment" required hint="Part of the index name." {...field('env')} />
        </div>
      </fieldset>
      <fieldset className="card form-part">
        <legend>Which files</legend>
        <TextField label="Paths" required rows={2} mono hint={<>One glob a line; <code>**</code> is any number of folders.</>} placeholder="/var/log/shop/access.log*" {...field('paths')} />
        <div className="form-three">
          <TextField label="Leave out" rows={2} mono hint="File names, or whole paths where they begin with /." {...field('exclude')} />
          <TextField label="Hosts" rows={2} mono hint="Globs of host names; none means all." {...field('hosts')} />
          <TextField label="Host labels" rows={2} mono hint="name=glob, one a line; all must match." placeholder="zone=eu-*" {...field('labels')} />
        </div>
      </fieldset>
      <Fold wrong={among(READING)} summary={<>How files are read <span className="summary-says">{readingText(draft)}</span></>}>
        <ReadingFields draft={draft} set={set} field={field} />
      </Fold>
      <fieldset className="card form-part">
        <legend>What becomes of a line</legend>
        <div className="bench">
          <PipelineField {...field('pipeline')} />
          <TryPanel draft={draft} name={isNew ? '' : draft.name} setPipeline={(pipeline) => set({ pipeline })} setMultiline={(multiline) => set({ multiline })} />
        </div>
      </fieldset>
      <Fold wrong={among(MORE)} summary="Keeping, priority and other sources">
        <div className="form-pair">
          <TextField label="Keep for days" required {...field('retention')} />
          <div className="field">
            <label className="field-label" htmlFor="period">One index holds</label>
            <select id="period" value={draft.period} onChange={(event) => set({ period: event.target.value })}><option value="day">a day</option><option value="week">a week</option><option value="month">a month</option></select>
          </div>
        </div>
        <div className="form-pair">
          <TextField label="Time zone" required hint="For times that name none, such as Europe/Berlin." {...field('timezone')} />
          <TextField label="Priority" required hint="The highest owns a file that several collections name." {...field('priority')} />
        </div>
        <div className="form-pair">
          <TextField label="Kafka topics of other shippers" rows={2} mono hint="One a line; their records are adopted." {...field('topics')} />
          <TextField label="Inputs" rows={2} mono hint="Names from the settings of the hosts, such as one that takes syslog." {...field('inputs')} />
        </div>
        <div className="form-pair">
          <div className="field">
            <span className="field-label">The line as it was</span>
            <label className="choice"><input type="checkbox" checked={draft.keepOriginal} onChange={(event) => set({ keepOriginal: event.target.checked })} /> keep event.original on every event, not only on failures</label>
          </div>
        </div>
      </Fold>
    </>
  );
}

/** A part of the form that is folded, until it is opened or something in it is wrong. */
function Fold({ summary, wrong, children }: { summary: ReactNode; wrong: boolean; children: ReactNode }) {
  const [open, setOpen] = useState(wrong);
  useEffect(() => {
    if (wrong) setOpen(true);
  }, [wrong]);
  return (
    <details className="card form-part" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {children}
    </details>
  );
}

/** What is out of the ordinary in how files are read, in a few words. */
function readingText(d: Draft): string {
  const said = [
    d.start === 'beginning' ? '' : d.start === 'end' ? 'from the end' : `what was written to within ${d.start}`,
    d.multiline && 'several lines an event', d.container && `container ${d.container}`, d.charset, d.lineLimit || d.byteLimit ? 'limited' : '',
    d.ignoreOlder && `none older than ${d.ignoreOlder}`, d.gzip && 'compressed files, too',
  ].filter(Boolean);
  return said.length > 0 ? said.join(', ') : 'from the beginning, each line an event';
}
