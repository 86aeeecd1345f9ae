import { useEffect, useMemo, useState } from 'react';
import * as calls from '../../api/calls';
import { ApiError } from '../../api/client';
import { noteFailure, noteSuccess } from '../../api/session';
import { lineOf } from '../../json/places';
import { toConfig, type Draft } from './draft';

export interface Problem {
  path: string;
  message: string;
}

export interface Check {
  problems: Problem[];
  /** What the problems are of; undefined before the first answer. */
  of: Draft | undefined;
  /** Set until the server has said what it thinks of the newest text. */
  checking: boolean;
  /** Set when it could not be asked. */
  error: string;
}

const WAIT = 250;
/** How long until a server that could not be asked is asked again. */
const AGAIN = 3000;

/** What the server says of a draft, shortly after it was changed. */
export function useCheck(draft: Draft): Check {
  const body = useMemo(() => {
    const { config, broken } = toConfig(draft);
    return { text: JSON.stringify(config), broken };
  }, [draft]);
  const [answer, setAnswer] = useState<{ of: string; draft?: Draft; problems: Problem[]; error: string }>({ of: '', problems: [], error: '' });
  const key = `${draft.name} ${body.text}`;
  const [again, setAgain] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    const timer = setTimeout(() => {
      ask(draft.name.trim(), body.text, abort.signal).then(
        (problems) => {
          noteSuccess();
          setAnswer({ of: key, draft, problems, error: '' });
        },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          noteFailure(error);
          retry = setTimeout(() => setAgain((n) => n + 1), AGAIN);
          setAnswer({ of: key, draft, problems: [], error: error instanceof Error ? error.message : String(error) });
        },
      );
    }, WAIT);
    return () => {
      clearTimeout(timer);
      clearTimeout(retry);
      abort.abort();
    };
  }, [key, draft.name, body.text, again]);
  const local = body.broken ? [{ path: 'pipeline', message: `line ${lineOf(draft.pipeline, body.broken.offset)}: ${body.broken.message}` }] : [];
  return { problems: [...local, ...answer.problems], of: answer.draft, checking: answer.of !== key, error: answer.error };
}

/** The problems of a config; none means that it can be published. */
async function ask(name: string, body: string, signal: AbortSignal): Promise<Problem[]> {
  try {
    await calls.validateCollection(name, body, signal);
    return name ? [] : [{ path: 'name', message: 'is missing' }];
  } catch (error) {
    if (!(error instanceof ApiError) || ![400, 413, 422].includes(error.status)) throw error;
    const problems = problemsOf(error);
    return name ? problems : [{ path: 'name', message: 'is missing' }, ...problems];
  }
}

export function problemsOf(error: ApiError): Problem[] {
  if (error.errors.length === 0) return [{ path: '', message: error.message }];
  return error.errors.map((e) => ({ path: e.location ?? '', message: e.message }));
}
