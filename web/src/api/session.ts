// What the page knows of the server as a whole: whether it answers, and whether it
// wants a token.
import { useSyncExternalStore } from 'react';
import { ApiError } from './client';

export interface Session {
  offline: boolean;
  needsToken: boolean;
}

let session: Session = { offline: false, needsToken: false };
const listeners = new Set<() => void>();

function set(change: Partial<Session>): void {
  const next = { ...session, ...change };
  if (next.offline === session.offline && next.needsToken === session.needsToken) return;
  session = next;
  for (const listener of listeners) listener();
}

/** Takes note of a request that failed. */
export function noteFailure(error: unknown): void {
  if (!(error instanceof ApiError)) return;
  if (error.status === 401) set({ needsToken: true });
  set({ offline: error.status === 0 });
}

export function noteSuccess(): void {
  set({ offline: false });
}

export function tokenGiven(): void {
  set({ needsToken: false });
}

export function useSession(): Session {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => session);
}
