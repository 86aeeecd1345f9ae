import type { FieldInfo, SearchParams, SearchResult } from '../../api/types';
import { number } from '../../time/format';
import { pinned } from '../../time/range';
import { copy } from '../../ui/copy';
import { Icon } from '../../ui/Icon';
import { format, type SearchState } from '../../url/searchState';
import { ColumnPicker } from './ColumnPicker';
import { Download } from './Download';
import type { Change } from './useSearchState';

interface Props {
  first: SearchResult | undefined;
  loaded: number;
  state: SearchState;
  change: Change;
  params: SearchParams;
  fields: FieldInfo[];
}

/** How much was found, and what can be done with it. */
export function Toolbar({ first, state, change, params, fields }: Props) {
  const share = () => {
    const query = format({ ...state, ...pinned(state, Date.now()), refresh: 0 });
    void copy(`${location.origin}/?${query}`, 'Link copied. It shows the same times to everybody.');
  };
  return (
    <div className="toolbar">
      <p className="total" role="status">
        {first && <><strong>{first.total_relation === 'gte' ? 'more than ' : ''}{number(first.total)}</strong> {first.total === 1 ? 'event' : 'events'} <span className="muted">in {first.took_ms} ms</span></>}
      </p>
      <ColumnPicker columns={state.columns} fields={fields} set={(columns) => change({ columns }, { replace: true })} />
      <button type="button" className="button quiet" aria-pressed={state.wrap} onClick={() => change({ wrap: !state.wrap }, { replace: true })} title="Show whole messages"><Icon name="wrap" /> <span>Wrap</span></button>
      <button type="button" className="button quiet" onClick={share} title="Copy a link to this search, with its times fixed"><Icon name="link" /> <span>Share</span></button>
      <Download params={params} columns={['@timestamp', ...state.columns]} total={first?.total ?? 0} />
    </div>
  );
}
