import { useCallback, useMemo } from 'react';
import { navigate, useAddress } from '../../url/route';
import { format, parse, type SearchState } from '../../url/searchState';

export type Change = (change: Partial<SearchState>, options?: { replace?: boolean }) => void;

/** The state of the search page, which is the address, and how to change it. */
export function useSearchState(): [SearchState, Change] {
  const { query } = useAddress();
  const state = useMemo(() => parse(query), [query]);
  const change = useCallback<Change>((part, options) => {
    const next = format({ ...parse(location.search), ...part });
    navigate(next ? `/?${next}` : '/', options);
  }, []);
  return [state, change];
}
