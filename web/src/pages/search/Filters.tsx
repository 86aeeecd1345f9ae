import type { SearchState } from '../../url/searchState';
import { Icon } from '../../ui/Icon';
import type { Change } from './useSearchState';

const NAMES = { app: 'App', host: 'Host', level: 'Level' } as const;

interface Props {
  state: SearchState;
  change: Change;
  facetsShown: boolean;
  toggleFacets: () => void;
}

/** The filters that are set, each with a way out; on small screens the way to more. */
export function Filters({ state, change, facetsShown, toggleFacets }: Props) {
  const set = (['app', 'host', 'level'] as const).filter((name) => state[name] !== '');
  return (
    <div className={`filters ${set.length === 0 ? 'filters-none' : ''}`}>
      <button type="button" className="button small narrow-only" aria-expanded={facetsShown} onClick={toggleFacets}><Icon name="filter" size={14} /> Filters</button>
      {set.map((name) => (
        <button key={name} type="button" className="chip" onClick={() => change({ [name]: '' })} aria-label={`Remove the filter ${NAMES[name]} ${state[name]}`}>
          <span className="muted">{NAMES[name]}</span> {state[name]} <Icon name="close" size={12} />
        </button>
      ))}
      {set.length > 1 && <button type="button" className="text-button" onClick={() => change({ app: '', host: '', level: '' })}>Remove all</button>}
    </div>
  );
}
