import type { CollectionConfig } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { changed } from './draft';

interface Props {
  base: CollectionConfig;
  mine: CollectionConfig;
  theirs: CollectionConfig;
  close: () => void;
  takeTheirs: () => void;
  publish: (config: CollectionConfig) => void;
}

/** Somebody else published first: what they changed, and the ways on. */
export function ConflictDialog({ base, mine, theirs, close, takeTheirs, publish }: Props) {
  const byThem = changed(base, theirs);
  const byMe = changed(base, mine);
  const both = byThem.filter((key) => byMe.includes(key));
  const merged = () => publish({ ...theirs, ...Object.fromEntries(byMe.map((key) => [key, mine[key]])), name: undefined });
  return (
    <Dialog title="Somebody changed this collection meanwhile" onClose={close}>
      <p>Nothing was published. This was changed since you opened it:</p>
      <ul className="conflict">
        {byThem.map((key) => (
          <li key={key}>
            <strong>{key}</strong>{both.includes(key) && <span className="warn"> – you changed it too</span>}
            <del>{brief(base[key])}</del>
            <ins>{brief(theirs[key])}</ins>
          </li>
        ))}
        {byThem.length === 0 && <li>Nothing that differs: it was changed and changed back.</li>}
      </ul>
      <div className="row end">
        <button type="button" className="button" onClick={close}>Go on editing</button>
        <button type="button" className="button" onClick={takeTheirs}>Take theirs, drop mine</button>
        {both.length > 0 ? (
          <button type="button" className="button danger" onClick={() => publish(mine)}>Publish mine over theirs</button>
        ) : (
          <button type="button" className="button primary" onClick={merged}>Publish both changes</button>
        )}
      </div>
    </Dialog>
  );
}

function brief(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}
