// One place for every request: it bears the token, reads problem+json and keeps
// what failed in one kind of error.
import type { ErrorDetail } from './types';
import { tokenOf } from './token';

const PREFIX = '/api/v1';

/** What a server answered that could not do what it was asked; status 0: it did not answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors: ErrorDetail[] = [],
  ) {
    super(message);
  }
}

/** Whether an error says that this server has no such part yet. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 405 || error.status === 501);
}

export interface Options {
  method?: string;
  body?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends a request; an answer that is not 2xx is thrown as an ApiError. */
export async function request(path: string, options: Options = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  const token = tokenOf();
  if (token) headers.set('Authorization', `Bearer ${token}`);
  if (options.body !== undefined) headers.set('Content-Type', 'application/json');
  let response: Response;
  try {
    response = await fetch(PREFIX + path, { method: options.method ?? 'GET', body: options.body, headers, signal: options.signal });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, 'The server does not answer. Is it still running?');
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, { signal });
  // An address that the server does not know may be answered with the page itself.
  if (!response.headers.get('Content-Type')?.includes('json')) throw new ApiError(404, 'This server does not know that address.');
  return (await response.json()) as T;
}

async function problemOf(response: Response): Promise<ApiError> {
  try {
    const problem = (await response.json()) as { detail?: string; title?: string; errors?: ErrorDetail[] };
    return new ApiError(response.status, problem.detail || problem.title || response.statusText, problem.errors ?? []);
  } catch {
    return new ApiError(response.status, response.statusText || `The server answered ${response.status}.`);
  }
}
