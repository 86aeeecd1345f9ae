import { useCollections } from '../../api/queries';
import type { FieldInfo } from '../../api/types';
import { unknownField } from '../../query/unknown';
import { label } from '../../time/range';
import { Link } from '../../ui/Link';
import { Notice } from '../../ui/Notice';
import type { SearchState } from '../../url/searchState';
import type { Change } from './useSearchState';

/** Nothing was found: why that may be, and what to do. */
export function NoHits({ state, change, fields }: { state: SearchState; change: Change; fields: FieldInfo[] }) {
  const collections = useCollections(false);
  if (collections.data?.length === 0) {
    return (
      <Notice icon="layers" title="Nothing is collected yet" actions={<Link className="button primary" href="/new-collection">Create a collection</Link>}>
        A collection says which files of which hosts to collect. Their lines are here seconds later.
      </Notice>
    );
  }
  const filtered = state.q || state.app || state.host || state.level;
  const when = label(state);
  const unknown = unknownField(state.q, fields.map((f) => f.name));
  return (
    <Notice
      icon="search" title="No events were found"
      actions={<>
        {unknown?.meant && <button type="button" className="button primary" onClick={() => change({ q: unknown.meant!.query })}>Search {unknown.meant.field}</button>}
        {(state.from || state.to) && <button type="button" className={unknown?.meant ? 'button' : 'button primary'} onClick={() => change({ from: '', to: '' })}>Search all time</button>}
        {filtered && <button type="button" className="button" onClick={() => change({ q: '', app: '', host: '', level: '' })}>Remove query and filters</button>}
        <button type="button" className="button" onClick={() => change({ tail: true })}>Watch for new ones</button>
      </>}
    >
      {filtered ? 'Nothing matches the query and the filters' : 'There is nothing'}{when ? ` in “${when.toLowerCase()}”` : ' in this time'}.
      {unknown && <> No field is called <code>{unknown.field}</code>{unknown.meant ? <>; did you mean <code>{unknown.meant.field}</code>?</> : '.'}</>}
    </Notice>
  );
}
