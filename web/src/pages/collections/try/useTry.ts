import { useEffect, useMemo, useState } from 'react';
import * as calls from '../../../api/calls';
import { ApiError } from '../../../api/client';
import { noteFailure } from '../../../api/session';
import type { CollectionConfig, Tried } from '../../../api/types';
import { toConfig, type Draft } from '../draft';
import { problemsOf, type Problem } from '../useCheck';

export interface Trial {
  /** The newest answer; `events` are the lines that it is about. */
  tried?: Tried;
  events: string[];
  /** Set while the answer is of what was there before. */
  stale: boolean;
  /** What keeps the newest text from being tried. */
  problems: Problem[];
  error: string;
}

const WAIT = 300;
const NOTHING: Omit<Trial, 'stale'> = { events: [], problems: [], error: '' };

/** Runs events through the draft's pipeline, shortly after either was changed. */
export function useTry(draft: Draft, events: string[]): Trial {
  const body = useMemo(() => {
    const { config, broken } = toConfig(draft);
    return { text: JSON.stringify(decisive(config)), broken: broken !== undefined };
  }, [draft]);
  const key = `${body.text} ${JSON.stringify(events)}`;
  const [answer, setAnswer] = useState<Omit<Trial, 'stale'> & { of: string }>({ ...NOTHING, of: '' });
  useEffect(() => {
    if (events.length === 0 || body.broken) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      calls.tryPipeline(JSON.parse(body.text) as CollectionConfig, events, abort.signal).then(
        (tried) => setAnswer({ tried, events, problems: [], error: '', of: key }),
        (error: unknown) => {
          if (abort.signal.aborted) return;
          noteFailure(error);
          setAnswer((old) => ({ ...old, ...wrong(error), of: key }));
        },
      );
    }, WAIT);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, body.broken]);
  if (events.length === 0) return { ...NOTHING, stale: false };
  const problems = body.broken ? [{ path: 'pipeline', message: 'is no JSON' }] : answer.problems;
  return { ...answer, problems, stale: answer.of !== key || problems.length > 0 };
}

function wrong(error: unknown): Pick<Trial, 'problems' | 'error'> {
  if (error instanceof ApiError && error.status === 422) return { problems: problemsOf(error), error: '' };
  return { problems: [], error: error instanceof Error ? error.message : String(error) };
}

/** The part of a config that decides what becomes of a line, so that the rest may still be wrong. */
function decisive(c: CollectionConfig): CollectionConfig {
  const usable = (name: string | undefined) => name !== undefined && /^[a-z0-9][a-z0-9-]{0,62}$/.test(name);
  return {
    app: usable(c.app) ? c.app : undefined, env: usable(c.env) ? c.env : undefined, period: c.period, timezone: c.timezone, keep_original: c.keep_original, pipeline: c.pipeline,
  };
}
