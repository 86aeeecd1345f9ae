// The cache of what the server said, and how often each part is asked again.
import { useEffect, useRef } from 'react';
import { keepPreviousData, MutationCache, QueryCache, QueryClient, useInfiniteQuery, useQuery, type InfiniteData } from '@tanstack/react-query';
import * as calls from './calls';
import { ApiError } from './client';
import { noteFailure, noteSuccess } from './session';
import type { SearchParams, SearchResult } from './types';

export const client = new QueryClient({
  queryCache: new QueryCache({ onError: noteFailure, onSuccess: noteSuccess }),
  mutationCache: new MutationCache({ onError: noteFailure, onSuccess: noteSuccess }),
  defaultOptions: {
    queries: {
      // An answer that says what is wrong will say so again; silence may end.
      retry: (count, error) => count < 2 && error instanceof ApiError && (error.status === 0 || error.status === 503),
      retryDelay: 1000,
      networkMode: 'always', // loopback works without a network
      staleTime: 1000,
      refetchOnWindowFocus: false,
    },
    mutations: { networkMode: 'always' },
  },
});

const FIRST_PAGE = 50;
const NEXT_PAGES = 200;
const BUCKETS = 100;

/** A search, page by page. It asks again every `refresh` seconds while `calm` says that nobody reads further down. */
export function useSearch(params: SearchParams, refresh: number, calm: () => boolean) {
  const queryKey = ['search', params];
  const latest = useRef({ queryKey, calm });
  latest.current = { queryKey, calm };
  useEffect(() => {
    if (refresh <= 0) return;
    const timer = setInterval(() => {
      if (!document.hidden && latest.current.calm()) void searchAgain(latest.current.queryKey);
    }, refresh * 1000);
    return () => clearInterval(timer);
  }, [refresh]);
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      calls.search({ ...params, cursor: pageParam, size: pageParam ? NEXT_PAGES : FIRST_PAGE, histogram: pageParam ? 0 : BUCKETS }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    placeholderData: keepPreviousData,
  });
}

/** Asks for the first page anew; later pages would be fetched one by one for nobody. */
function searchAgain(queryKey: unknown[]): Promise<void> {
  client.setQueryData<InfiniteData<SearchResult, string>>(queryKey, (old) => old && { pages: old.pages.slice(0, 1), pageParams: old.pageParams.slice(0, 1) });
  return client.refetchQueries({ queryKey, exact: true }, { cancelRefetch: false });
}

export function useFieldList(app: string) {
  return useQuery({ queryKey: ['fields', app], queryFn: ({ signal }) => calls.fields(app, signal), staleTime: 60_000, retry: false });
}

export function useCollections(every: number | false = 5000) {
  return useQuery({ queryKey: ['collections'], queryFn: ({ signal }) => calls.collections(signal), refetchInterval: every });
}

export function useCollection(name: string) {
  return useQuery({
    queryKey: ['collection', name], queryFn: ({ signal }) => calls.collection(name, signal), enabled: name !== '', staleTime: 0, gcTime: 0,
  });
}

export function useAgents(every: number | false = 5000) {
  return useQuery({ queryKey: ['agents'], queryFn: ({ signal }) => calls.agents(signal), refetchInterval: every });
}

export function useAgent(id: string) {
  return useQuery({ queryKey: ['agent', id], queryFn: ({ signal }) => calls.agent(id, signal), refetchInterval: 5000 });
}

export function useHosts(every: number | false = 5000) {
  return useQuery({ queryKey: ['hosts'], queryFn: ({ signal }) => calls.hosts(signal), refetchInterval: every });
}

export function usePipeline() {
  return useQuery({ queryKey: ['pipeline'], queryFn: ({ signal }) => calls.pipeline(signal), refetchInterval: 2000 });
}
