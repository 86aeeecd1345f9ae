import { useCollections } from '../../api/queries';
import { label } from '../../time/range';
import { Link } from '../../ui/Link';
import { Notice } from '../../ui/Notice';
import type { SearchState } from '../../url/searchState';
import type { Change } from './useSearchState';

/** Nothing was found: why that may be, and what to do. */
export function NoHits({ state, change }: { state: SearchState; change: Change }) {
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
  return (
    <Notice
      icon="search" title="No events were found"
      actions={<>
        {(state.from || state.to) && <button type="button" className="button primary" onClick={() => change({ from: '', to: '' })}>Search all time</button>}
        {filtered && <button type="button" className="button" onClick={() => change({ q: '', app: '', host: '', level: '' })}>Remove query and filters</button>}
        <button type="button" className="button" onClick={() => change({ tail: true })}>Watch for new ones</button>
      </>}
    >
      {filtered ? 'Nothing matches the query and the filters' : 'There is nothing'}{when ? ` in “${when.toLowerCase()}”` : ' in this time'}.
    </Notice>
  );
}
