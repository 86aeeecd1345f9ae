// What became of a line, and what a step did, in words.
import type { TriedLine, TriedStep } from '../../../api/types';
import type { Tone } from '../../../ui/StateDot';

/** How a line ended. */
export function end(line: TriedLine): { tone: Tone; word: string } {
  if (line.outcome === 'drop') return { tone: 'off', word: 'dropped' };
  if (line.outcome === 'dead_letter') return { tone: 'error', word: 'dead letter' };
  return line.failed ? { tone: 'error', word: 'failed' } : { tone: 'ok', word: 'parsed' };
}

/** What a step is called: its place in the list for those of the list itself, its path for those inside others. */
export function label(step: TriedStep): string {
  const top = /^pipeline\[(\d+)\]\.[^.[]+$/.exec(step.path);
  return top ? `${Number(top[1]) + 1}. ${step.step}` : step.path.replace(/^pipeline/, 'step');
}

/** A time in nanoseconds, rounded to what is worth reading. */
export function took(ns: number): string {
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  return ns < 1e6 ? `${(ns / 1e3).toPrecision(2).replace(/e\+?(\d+)/, (_, n: string) => '0'.repeat(Number(n)))} µs` : `${(ns / 1e6).toFixed(1)} ms`;
}
