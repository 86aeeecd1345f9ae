// The stages as people know them, in the order of the flow, and how each fares.
import type { Share, Stage } from '../../api/types';
import type { IconName } from '../../ui/Icon';
import type { Tone } from '../../ui/StateDot';
import { number, rate, span } from '../../time/format';

export interface Known {
  name: string;
  title: string;
  says: string;
  icon: IconName;
}

export const AGENT: Known = { name: 'agent', title: 'Agents', says: 'read files, ship lines', icon: 'fleet' };
export const ENRICH: Known = { name: 'enrich', title: 'Enrich', says: 'parses and enriches', icon: 'gear' };
export const INDEXER: Known = { name: 'indexer', title: 'Indexer', says: 'loads the search store', icon: 'layers' };
export const ADOPT: Known = { name: 'adopt', title: 'Adopt', says: 'takes in other shippers’ topics', icon: 'plus' };
export const FLEET: Known = { name: 'fleet', title: 'Fleet', says: 'keeps the agents’ newest state', icon: 'database' };
export const KNOWN = [AGENT, ADOPT, ENRICH, INDEXER, FLEET];

export const total = (reasons: Record<string, number> | null | undefined): number => Object.values(reasons ?? {}).reduce((a, b) => a + b, 0);

/** Behind by more than this is worth a look, by the next one trouble. */
const SLOW = 10;
const STUCK = 60;
/** An error is news for so long. */
const FRESH = 5 * 60_000;

export interface Health {
  tone: Tone;
  word: string;
}

export function health(stage: Stage | undefined, now: number): Health {
  if (!stage) return { tone: 'off', word: 'not known' };
  if (stage.instances === 0) return { tone: 'off', word: 'not running' };
  const behind = stage.lag_seconds ?? 0;
  const fresh = stage.last_error && stage.last_error_at && now - Date.parse(stage.last_error_at) < FRESH;
  if (behind > STUCK) return { tone: 'error', word: `${span(behind)} behind` };
  if (fresh) return { tone: 'warn', word: 'had an error' };
  if (behind > SLOW) return { tone: 'warn', word: `${span(behind)} behind` };
  return { tone: 'ok', word: 'running' };
}

/** Whether a stage is further behind than it should be. */
export const isSlow = (stage: Stage | undefined): boolean => (stage?.lag_seconds ?? 0) > SLOW;

/** A stage whose rates are known. */
export const measured = (stage: Stage | undefined): Stage | undefined => (stage?.measuring ? undefined : stage);

/** One of a stage's rates in words. */
export const rateText = (stage: Stage, perSecond: number): string => (stage.measuring ? 'measuring…' : rate(perSecond));

/** How far a stage is behind, in words. */
export function lagText(stage: Stage): string {
  const records = stage.lag_records ?? 0;
  const seconds = stage.lag_seconds ?? 0;
  if (records === 0 && seconds < 1) return 'none';
  const parts = [];
  if (records > 0) parts.push(`${number(records)} ${records === 1 ? 'record' : 'records'}`);
  if (seconds >= 1) parts.push(span(seconds));
  return parts.join(', ');
}

/** A share of failures in words: whole per cent, but never nought for a few. */
export function percent({ lines, failed }: Share): string {
  if (failed === 0 || lines === 0) return 'none';
  const share = (100 * failed) / lines;
  return share < 1 ? 'less than 1 %' : `${Math.round(share)} %`;
}

/** What a reason means, where the word alone may not tell. */
const MEANINGS: Record<string, string> = {
  bad_beat: 'not an agent’s beat',
  bad_manifest: 'its manifest cannot be read',
  bad_revision: 'its revision cannot be compiled',
  blocked: 'its index was closed or blocked for writing, and its period is over',
  charset: 'its character set is not known',
  diverted: 'the store put it aside',
  empty: 'the record holds nothing',
  expired: 'older than its collection keeps events',
  gap: 'a range that the agent could not read or ship',
  host_not_covered: 'its collection does not select the host',
  index: 'the index name is none of ours',
  manifest: 'the batch has no readable manifest',
  manifest_version: 'written by a newer agent',
  mapping: 'a field does not fit the index',
  no_host: 'no host is named',
  no_manifest: 'not written by an agent',
  no_timestamp: 'it has no time',
  panic: 'a step of the processor failed; this is a bug',
  pipeline: 'a drop step of the pipeline ended it',
  refused: 'the server behind it refuses it for good',
  table: 'the host’s table cannot be read or written',
  too_big: 'too large for a record',
  too_large: 'too large for a record',
  unknown_revision: 'etcd does not know its revision',
  value: 'the batch does not fit its manifest',
  wrong_key: 'its key is not its host',
  wrong_partition: 'it lies in the wrong partition',
};

export const meaning = (reason: string): string => MEANINGS[reason] ?? '';
