import { useCallback, useEffect, useRef, useState } from 'react';
import * as calls from '../../api/calls';
import { ApiError, isMissing } from '../../api/client';
import { noteFailure } from '../../api/session';
import { eventsOf } from '../../api/sse';
import type { SearchParams, TailHit, TailStatus } from '../../api/types';

/** The newest events that are kept; older ones leave the page. */
export const KEPT = 5000;
/** How long a warning stays. */
const TROUBLE = 15_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/** A hit with a number of its own: after trouble the same line may come twice. */
export interface Numbered extends TailHit {
  serial: number;
}

export type Connection = 'connecting' | 'open' | 'lost' | 'refused';

export interface TailView {
  hits: Numbered[];
  status: TailStatus;
  connection: Connection;
  error: unknown;
  /** What the server said last of lines that may be missing. */
  trouble: string;
  troubleAt: number;
  /** Events that came while paused. */
  waiting: number;
  /** Events that this page had to leave out itself. */
  dropped: number;
}

const NOTHING: TailView = { hits: [], status: { matched: 0, skipped: 0, rate: 0 }, connection: 'connecting', error: undefined, trouble: '', troubleAt: 0, waiting: 0, dropped: 0 };

/** Follows the live tail. Events are shown once a frame, however many come. */
export function useTail(params: SearchParams, paused: boolean): { view: TailView; clear: () => void; retry: () => void } {
  const { q, app, host, level } = params;
  const [view, setView] = useState<TailView>(NOTHING);
  const buffer = useRef<Numbered[]>([]);
  const stopped = useRef(paused);
  const dropped = useRef(0);
  const serial = useRef(0);
  const frame = useRef(0);
  const [attempt, setAttempt] = useState(0);

  const flush = useCallback(() => {
    frame.current = 0;
    if (stopped.current) {
      setView((old) => ({ ...old, waiting: buffer.current.length, dropped: dropped.current }));
      return;
    }
    const fresh = buffer.current;
    buffer.current = [];
    setView((old) => ({ ...old, hits: fresh.length > 0 ? [...old.hits, ...fresh].slice(-KEPT) : old.hits, waiting: 0, dropped: dropped.current }));
  }, []);
  const soon = useCallback(() => {
    // A hidden page gets no frames, so a timer stands in.
    frame.current ||= document.hidden ? window.setTimeout(flush, 1000) : requestAnimationFrame(flush);
  }, [flush]);

  useEffect(() => {
    stopped.current = paused;
    soon();
  }, [paused, soon]);

  useEffect(() => {
    const abort = new AbortController();
    buffer.current = [];
    dropped.current = 0;
    setView(NOTHING);
    const take = (event: string, data: string) => {
      if (event === 'hit') {
        buffer.current.push({ ...(JSON.parse(data) as TailHit), serial: serial.current++ });
        if (buffer.current.length > KEPT) {
          buffer.current.shift();
          dropped.current++;
        }
        soon();
      } else if (event === 'status') {
        const status = JSON.parse(data) as TailStatus;
        setView((old) => ({ ...old, status, trouble: Date.now() - old.troubleAt < TROUBLE ? old.trouble : '' }));
      } else if (event === 'error') {
        // The stream goes on where it can; its end is told by the connection.
        const problem = JSON.parse(data) as { detail?: string };
        setView((old) => ({ ...old, trouble: problem.detail ?? 'lines may be missing', troubleAt: Date.now() }));
      }
    };
    void follow({ q, app, host, level }, abort.signal, take, (connection, error) => setView((old) => ({ ...old, connection, error })));
    return () => {
      abort.abort();
      cancelAnimationFrame(frame.current);
      clearTimeout(frame.current);
      frame.current = 0;
    };
  }, [q, app, host, level, soon, attempt]);

  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  const clear = useCallback(() => {
    buffer.current = [];
    setView((old) => ({ ...old, hits: [], waiting: 0 }));
  }, []);
  return { view, clear, retry };
}

/** Keeps a tail open until it is aborted or refused, and opens it again when it breaks. */
async function follow(
  params: Pick<SearchParams, 'q' | 'app' | 'host' | 'level'>, signal: AbortSignal,
  take: (event: string, data: string) => void, tell: (connection: Connection, error?: unknown) => void,
): Promise<void> {
  for (let wait = FIRST_WAIT; !signal.aborted; wait = Math.min(LONGEST_WAIT, wait * 2)) {
    try {
      const response = await calls.tail(params, signal);
      if (!response.headers.get('Content-Type')?.includes('text/event-stream') || !response.body) throw new ApiError(404, 'no tail');
      tell('open');
      for await (const { event, data } of eventsOf(response.body)) {
        wait = FIRST_WAIT;
        take(event, data);
      }
      if (!signal.aborted) tell('lost');
    } catch (error) {
      if (signal.aborted) return;
      noteFailure(error);
      const final = isMissing(error) || (error instanceof ApiError && [400, 401, 403, 422, 429].includes(error.status));
      tell(final ? 'refused' : 'lost', error);
      if (final) return;
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}
