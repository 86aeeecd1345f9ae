import { useEffect, useRef, useState, type FormEvent } from 'react';
import * as calls from '../../api/calls';
import { ApiError } from '../../api/client';
import { client } from '../../api/queries';
import { noteFailure } from '../../api/session';
import type { CollectionConfig, Tagged } from '../../api/types';
import { Icon } from '../../ui/Icon';
import { Link } from '../../ui/Link';
import { toast } from '../../ui/toast';
import { guardLeaving, navigate } from '../../url/route';
import { CollectionForm, fieldOf } from './CollectionForm';
import { ConflictDialog } from './ConflictDialog';
import { DeleteDialog } from './DeleteDialog';
import { fromConfig, toConfig, type Draft } from './draft';
import { nameSample } from './try/sample';
import { problemsOf, useCheck, type Problem } from './useCheck';

interface Props {
  name: string;
  /** What the server said when the form was opened. */
  opened: Tagged;
  initial: Draft;
}

/** The form, and what becomes of it: checked while it is typed, published when asked. */
export function Editor({ name, opened, initial }: Props) {
  const [base, setBase] = useState(opened);
  const [draft, setDraft] = useState(initial);
  const [clean, setClean] = useState(initial);
  const [touched, setTouched] = useState<ReadonlySet<keyof Draft>>(new Set());
  const [all, setAll] = useState(false);
  const [asked, setAsked] = useState(false);
  const [saving, setSaving] = useState(false);
  const [refused, setRefused] = useState<{ of: Draft; problems: Problem[] }>();
  const [conflict, setConflict] = useState<Tagged>();
  const [deleting, setDeleting] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const check = useCheck(draft);
  const isNew = name === '';
  const dirty = JSON.stringify(draft) !== JSON.stringify(clean);
  const problems = [...(refused?.of === draft ? refused.problems : []), ...check.problems];
  // What was missing when the server was asked is not told of a field that has something by now.
  const filled = (f: keyof Draft | undefined) => f !== undefined && check.of?.[f] === '' && draft[f] !== '';
  const shown = problems.filter((p) => (all || touched.has(fieldOf(p)!) || refused?.problems.includes(p)) && !filled(fieldOf(p)));
  const loose = shown.filter((p) => fieldOf(p) === undefined);
  useLeaveGuard(dirty && !saving);

  const publish = async (config: CollectionConfig, etag: string) => {
    const target = isNew ? draft.name.trim() : name;
    setSaving(true);
    try {
      await calls.putCollection(target, JSON.stringify(config), etag);
      await client.invalidateQueries({ queryKey: ['collections'] });
      if (isNew) nameSample(target);
      toast(isNew ? 'Collection created. Hosts begin to follow within seconds.' : 'Published. Hosts follow within seconds.');
      navigate('/collections', { force: true, replace: true });
    } catch (error) {
      setSaving(false);
      noteFailure(error);
      await explain(error, target);
    }
  };
  const explain = async (error: unknown, target: string) => {
    setAll(true);
    if (error instanceof ApiError && error.status === 412) {
      if (isNew) return setRefused({ of: draft, problems: [{ path: 'name', message: `${target} exists already. Choose another name, or open that one from the list.` }] });
      try {
        return setConflict(await calls.collection(name));
      } catch {
        return setRefused({ of: draft, problems: [{ path: '', message: `${name} was deleted meanwhile. Copy what you need, and create it anew.` }] });
      }
    }
    setRefused({ of: draft, problems: error instanceof ApiError ? problemsOf(error) : [{ path: '', message: String(error) }] });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAll(true);
    setAsked(true);
  };
  // What is asked for waits until the newest text was checked.
  useEffect(() => {
    if (!asked || check.checking) return;
    setAsked(false);
    if (check.problems.length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    else void publish(toConfig(draft).config, base.etag);
  }, [asked, check]);
  const takeTheirs = (theirs: Tagged) => {
    const next = fromConfig(name, theirs.config);
    setBase(theirs);
    setDraft(next);
    setClean(next);
    setConflict(undefined);
  };

  return (
    <form className="page editor" ref={form} onSubmit={submit} noValidate>
      <header className="page-head">
        <div className="page-title">
          <p className="crumb"><Link href="/collections">Collections</Link></p>
          <h1>{isNew ? 'New collection' : name}</h1>
        </div>
        {!isNew && <Link className="button" href={`/?app=${encodeURIComponent(base.config.app ?? '')}`}><Icon name="search" /> Its events</Link>}
        {!isNew && <button type="button" className="button danger" onClick={() => setDeleting(true)}><Icon name="trash" /> Delete</button>}
      </header>
      <CollectionForm draft={draft} isNew={isNew} problems={shown} touch={(f) => setTouched((old) => new Set(old).add(f))} set={(change) => setDraft((old) => ({ ...old, ...change }))} />
      <footer className="save-bar">
        <div className="save-state" role="status">
          {loose.map((p, i) => <p key={i} className="field-problem">{p.path && <code>{p.path} </code>}{p.message}</p>)}
          {loose.length === 0 && <SaveState error={check.error} problems={problems.length} shown={shown.length} checking={check.checking} dirty={dirty} />}
        </div>
        <Link className="button" href="/collections">Cancel</Link>
        <button type="submit" className="button primary" disabled={saving || asked || (!dirty && !isNew)}>{saving ? 'Publishing…' : isNew ? 'Create' : 'Publish'}</button>
      </footer>
      {conflict && (
        <ConflictDialog
          base={base.config} mine={toConfig(draft).config} theirs={conflict.config} close={() => setConflict(undefined)}
          takeTheirs={() => takeTheirs(conflict)} publish={(config) => { setConflict(undefined); void publish(config, conflict.etag); }}
        />
      )}
      {deleting && <DeleteDialog name={name} etag={base.etag} close={() => setDeleting(false)} />}
    </form>
  );
}

function SaveState({ error, problems, shown, checking, dirty }: { error: string; problems: number; shown: number; checking: boolean; dirty: boolean }) {
  if (error) return <span className="field-problem">It could not be checked: {error}</span>;
  if (shown > 0) return <span className="field-problem">{shown === 1 ? '1 problem' : `${shown} problems`}, shown at the fields</span>;
  if (checking) return <span className="muted">Checking…</span>;
  if (problems > 0) return <span className="muted">Fill in what is required.</span>;
  return dirty ? <span className="state state-ok"><span className="state-dot" />The server finds no problem</span> : <span className="muted">Nothing is changed yet.</span>;
}

/** Asks before what was typed is lost. */
function useLeaveGuard(active: boolean): void {
  useEffect(() => {
    if (!active) return;
    const undo = guardLeaving(() => confirm('Leave without publishing? What you typed will be lost.'));
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', unload);
    return () => {
      undo();
      removeEventListener('beforeunload', unload);
    };
  }, [active]);
}
