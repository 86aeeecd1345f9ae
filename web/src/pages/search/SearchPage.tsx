import { useMemo, useRef, useState } from 'react';
import { client, useFieldList, useSearch } from '../../api/queries';
import { ApiError } from '../../api/client';
import type { Hit } from '../../api/types';
import { term, withTerm } from '../../query/edit';
import { moves } from '../../time/range';
import { Failure, Notice } from '../../ui/Notice';
import { useTitle } from '../../url/title';
import { Facets } from './Facets';
import { Filters } from './Filters';
import { Histogram } from './Histogram';
import { Incomplete } from './Incomplete';
import { NoHits } from './NoHits';
import { QueryBar } from './QueryBar';
import { Results } from './Results';
import { Tail } from './Tail';
import { Toolbar } from './Toolbar';
import type { FilterBy } from './filterBy';
import { knownFields, mergeFields } from './fields';
import { useSearchState } from './useSearchState';

/** While the tail runs, only the filters beside it are asked for again, in seconds. */
const TAIL_REFRESH = 30;

const FACETS: Record<string, 'app' | 'host' | 'level'> = { 'service.name': 'app', 'host.name': 'host', 'log.level': 'level' };

export function SearchPage() {
  const [state, change] = useSearchState();
  const { q, app, host, level, from, to } = state;
  useTitle([app, host, level, q].filter(Boolean).join(' '), state.tail ? 'Live' : 'Search');
  const params = useMemo(() => ({ q, app, host, level, from, to }), [q, app, host, level, from, to]);
  const reading = useRef(false);
  const found = useSearch(params, !moves(params) ? 0 : state.tail ? TAIL_REFRESH : state.refresh, () => state.tail || !reading.current);
  const [showFacets, setShowFacets] = useState(false);
  const first = found.data?.pages[0];
  const hits = useMemo<Hit[]>(() => found.data?.pages.flatMap((page) => page.hits) ?? [], [found.data]);
  const incomplete = useMemo(() => [...new Set(found.data?.pages.flatMap((page) => page.incomplete ?? []))], [found.data]);
  const served = useFieldList(app);
  const fields = useMemo(() => mergeFields(served.data ?? [], knownFields(hits), first?.facets), [served.data, hits, first]);
  const queryError = found.error instanceof ApiError && found.error.status === 422 ? found.error : undefined;

  const filterBy: FilterBy = (field, value, negate) => {
    const facet = FACETS[field];
    if (facet && !negate) change({ [facet]: String(value) });
    else change({ q: withTerm(state.q, term(field, value), negate) });
  };
  const refresh = () => {
    reading.current = false;
    client.resetQueries({ queryKey: ['search', params] });
  };

  return (
    <div className="search">
      <h1 className="offscreen">Search</h1>
      <QueryBar state={state} change={change} fields={fields} error={queryError} refresh={refresh} busy={found.isFetching} />
      <Filters state={state} change={change} facetsShown={showFacets} toggleFacets={() => setShowFacets(!showFacets)} />
      <div className="search-body">
        <aside className={`facets ${showFacets ? 'facets-shown' : ''}`} aria-label="Filters">
          <Facets facets={first?.facets} state={state} change={change} />
        </aside>
        <section className="found" aria-label={state.tail ? 'Live tail' : 'Events found'}>
          {state.tail ? (
            <Tail params={params} state={state} change={change} filterBy={filterBy} fields={fields} />
          ) : (
            <>
              <Histogram buckets={first?.histogram} select={(range) => change(range)} stale={found.isPlaceholderData} waiting={found.isPending} />
              <Toolbar first={first} loaded={hits.length} state={state} change={change} params={params} fields={fields} />
              {incomplete.length > 0 && <Incomplete reasons={incomplete} />}
              {found.error && !queryError && !first ? (
                <Failure error={found.error} what="events" retry={refresh} />
              ) : hits.length > 0 ? (
                <Results
                  key={JSON.stringify(params)} hits={hits} total={first?.total ?? 0} state={state} change={change} filterBy={filterBy}
                  more={found.hasNextPage && !found.isFetchingNextPage && !found.isFetchNextPageError ? () => void found.fetchNextPage() : undefined}
                  ended={!found.hasNextPage} failed={found.isFetchNextPageError ? () => void found.fetchNextPage() : undefined} reading={reading} stale={found.isPlaceholderData}
                />
              ) : first && !found.isPlaceholderData ? (
                <NoHits state={state} change={change} fields={fields} />
              ) : queryError ? (
                <Notice icon="search" title="This search cannot be understood">The red line says where and why. The <strong>?</strong> in the search box shows how to write one.</Notice>
              ) : (
                <div className="page-loading" role="status">Searching…</div>
              )}
            </>
          )}
        </section>
      </div>
    </div>
  );
}
