// Every call of the API that the page makes.
import { getJson, request } from './client';
import type {
  Agent, AgentDetail, Collection, CollectionConfig, Explanation, FieldInfo, Host, Pipeline, SearchParams, SearchResult, Suggested, Tagged, Tried,
} from './types';

function query(params: Record<string, string | number | undefined>): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') out.set(name, String(value));
  }
  const text = out.toString();
  return text ? `?${text}` : '';
}

export interface PageParams extends SearchParams {
  size?: number;
  cursor?: string;
  histogram?: number;
}

export function search(params: PageParams, signal?: AbortSignal): Promise<SearchResult> {
  return getJson(`/search${query({ ...params })}`, signal);
}

export async function fields(app: string, signal?: AbortSignal): Promise<FieldInfo[]> {
  return (await getJson<{ fields: FieldInfo[] | null }>(`/fields${query({ app })}`, signal)).fields ?? [];
}

/** Opens the live tail; its body is a stream of server-sent events. */
export function tail(params: Pick<SearchParams, 'q' | 'app' | 'host' | 'level'>, signal: AbortSignal): Promise<Response> {
  const { q, app, host, level } = params;
  return request(`/tail${query({ q, app, host, level })}`, { signal, headers: { Accept: 'text/event-stream' } });
}

export async function agents(signal?: AbortSignal): Promise<Agent[]> {
  return (await getJson<{ agents: Agent[] | null }>('/agents', signal)).agents ?? [];
}

export function agent(id: string, signal?: AbortSignal): Promise<AgentDetail> {
  return getJson(`/agents/${encodeURIComponent(id)}`, signal);
}

export async function hosts(signal?: AbortSignal): Promise<Host[]> {
  return (await getJson<{ hosts: Host[] | null }>('/hosts', signal)).hosts ?? [];
}

/** Asks an agent why it does or does not collect a path. */
export function explain(id: string, path: string): Promise<Explanation> {
  return getJson(`/agents/${encodeURIComponent(id)}/explain${query({ path })}`);
}

export async function pipeline(signal?: AbortSignal): Promise<Pipeline> {
  const state = await getJson<Partial<Pipeline>>('/pipeline', signal);
  return { ...state, stages: state.stages ?? [], failing: state.failing ?? [] };
}

export async function collections(signal?: AbortSignal): Promise<Collection[]> {
  return (await getJson<{ collections: Collection[] | null }>('/collections', signal)).collections ?? [];
}

export async function collection(name: string, signal?: AbortSignal): Promise<Tagged> {
  const response = await request(`/collections/${encodeURIComponent(name)}`, { signal });
  return { config: (await response.json()) as CollectionConfig, etag: response.headers.get('ETag') ?? '' };
}

/** Publishes a config: over the one at `etag`, or as a new one where etag is empty. */
export async function putCollection(name: string, body: string, etag: string): Promise<void> {
  const headers: Record<string, string> = etag ? { 'If-Match': etag } : { 'If-None-Match': '*' };
  await request(`/collections/${encodeURIComponent(name)}`, { method: 'PUT', body, headers });
}

export async function deleteCollection(name: string, etag: string): Promise<void> {
  await request(`/collections/${encodeURIComponent(name)}`, { method: 'DELETE', headers: { 'If-Match': etag } });
}

/** Asks what publishing would say. A config with problems is thrown as an ApiError of 422. */
export async function validateCollection(name: string, body: string, signal?: AbortSignal): Promise<void> {
  await request(`/collections/validate${query({ name })}`, { method: 'POST', body, signal });
}

/** Runs lines through a collection's pipeline. One with problems is thrown as an ApiError of 422. */
export async function tryPipeline(collection: CollectionConfig, lines: string[], signal?: AbortSignal): Promise<Tried> {
  return (await request('/pipelines/try', { method: 'POST', body: JSON.stringify({ collection, lines }), signal })).json() as Promise<Tried>;
}

/** Asks which pipeline would parse lines. */
export async function suggestPipeline(lines: string[]): Promise<Suggested> {
  return (await request('/pipelines/suggest', { method: 'POST', body: JSON.stringify({ lines }) })).json() as Promise<Suggested>;
}
