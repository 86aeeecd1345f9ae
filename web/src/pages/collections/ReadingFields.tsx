import { useId } from 'react';
import { TextField } from './TextField';
import { MODES, type Draft, type TextKey } from './draft';
import type { Problem } from './useCheck';

interface Field {
  value: string;
  set: (value: string) => void;
  problems: Problem[];
  touch: () => void;
}

interface Props {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  field: (name: TextKey) => Field;
}

const JOINS: [string, string][] = [
  ['', 'Each line is an event'], ['java', 'Join stack traces of Java'], ['python', 'Join stack traces of Python'], ['go', 'Join stack traces of Go'],
  ['start', 'A line that matches begins an event'], ['continuation', 'A line that matches belongs to the event before it'], ['end', 'A line that matches ends its event'],
];
const CHARSETS = [
  'utf-8', 'utf-16', 'utf-16le', 'utf-16be', 'gbk', 'gb18030', 'big5', 'shift-jis', 'euc-jp', 'euc-kr', 'iso-8859-1', 'iso-8859-15', 'windows-1251', 'windows-1252', 'koi8-r',
];
const STARTS = ['beginning', 'end'];

/** How an agent reads the files and cuts them into events. */
export function ReadingFields({ draft, set, field }: Props) {
  return (
    <>
      <div className="form-pair">
        <StartField {...field('start')} />
        <TextField label="Leave out files older than" placeholder="7d" hint="By when they were last written, such as 12h or 7d." {...field('ignoreOlder')} />
      </div>
      <div className="form-pair">
        <SelectField label="Events of several lines" options={JOINS} {...field('multiline')} />
        {MODES.includes(draft.multiline) && (
          <div>
            <TextField label="Pattern" required mono placeholder="^\d{4}-\d\d-\d\d " hint="A regular expression (RE2), matched anywhere in a line: write ^ for its beginning." {...field('pattern')} />
            <label className="choice"><input type="checkbox" checked={draft.negate} onChange={(event) => set({ negate: event.target.checked })} /> a line matches when this does not</label>
          </div>
        )}
      </div>
      {draft.multiline !== '' && (
        <div className="form-three">
          <TextField label="Wait for the next line" placeholder="5s" {...field('joinTimeout')} />
          <TextField label="Most lines of an event" placeholder="500" {...field('joinLines')} />
          <TextField label="Most bytes of an event" placeholder="131072" {...field('joinBytes')} />
        </div>
      )}
      <div className="form-three">
        <SelectField label="Lines of containers" options={CONTAINERS} {...field('container')} />
        <SelectField label="Charset" options={charsets(draft.charset)} {...field('charset')} />
        <TextField label="Longest line, in bytes" placeholder="245760" hint="A longer one is cut into parts of this size." {...field('maxLine')} />
      </div>
      <div className="form-three">
        <TextField label="Most lines a second" placeholder="no limit" hint="Of each host. What is more is skipped and counted." {...field('lineLimit')} />
        <TextField label="Most bytes a second" placeholder="no limit" {...field('byteLimit')} />
        <TextField label="Save up for" placeholder="10s" hint="How long an unused allowance is kept." {...field('burst')} />
      </div>
      <label className="choice"><input type="checkbox" checked={draft.gzip} onChange={(event) => set({ gzip: event.target.checked })} /> read compressed files, too, once each; take *.gz out of what is left out</label>
    </>
  );
}

const CONTAINERS: [string, string][] = [['', 'Not wrapped'], ['cri', 'containerd or CRI-O'], ['docker', 'Docker’s json-file'], ['auto', 'Either, line by line']];

const charsets = (now: string): [string, string][] => [['', 'UTF-8, or as a byte order mark says'], ...[...new Set([...CHARSETS, now].filter(Boolean))].map((name): [string, string] => [name, name])];

function StartField({ value, set, problems, touch }: Field) {
  const aged = !STARTS.includes(value);
  return (
    <div className="field" role="radiogroup" aria-label="Begin a file">
      <span className="field-label">A file that is new to an agent</span>
      {([['beginning', 'is read from its beginning'], ['end', 'is followed from its end']] as const).map(([start, says]) => (
        <label key={start} className="choice"><input type="radio" name="start" checked={value === start} onChange={() => set(start)} /> {says}</label>
      ))}
      <div className="choice choice-wrap">
        <label className="choice"><input type="radio" name="start" checked={aged} onChange={() => set('24h')} /> is read if it was written to in the last</label>
        <input
          type="text" className="short-input" aria-label="Age of files that are read" value={aged ? value : ''} disabled={!aged} placeholder="24h" aria-invalid={problems.length > 0}
          onChange={(event) => set(event.target.value)} onBlur={touch}
        />
      </div>
      {problems.map((p, i) => <p key={i} className="field-problem">{p.message}</p>)}
    </div>
  );
}

function SelectField({ label, options, value, set, problems }: Field & { label: string; options: [string, string][] }) {
  const id = useId();
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>{label}</label>
      <select id={id} value={value} aria-invalid={problems.length > 0} onChange={(event) => set(event.target.value)}>
        {options.map(([option, says]) => <option key={option} value={option}>{says}</option>)}
      </select>
      {problems.map((p, i) => <p key={i} className="field-problem">{p.message}</p>)}
    </div>
  );
}
