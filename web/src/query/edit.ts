// Changes query text as people do it: one more condition, one less.
import { scan, type Piece } from './scan';

const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/;
const OPERATORS = new Set(['AND', 'OR', 'NOT']);

/** Writes a condition on a field. */
export function term(field: string, value: string | number | boolean): string {
  const text = String(value);
  if (PLAIN.test(text) && !OPERATORS.has(text)) return `${name(field)}:${text}`;
  return `${name(field)}:"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** A field's name, what is special in it marked. */
export function name(field: string): string {
  return field.replace(/[\\:\s()"*?]/g, '\\$&');
}

/** Adds a condition to a query, or its opposite; the other way round goes. Once it is there, nothing changes. */
export function withTerm(query: string, condition: string, negate: boolean): string {
  const rest = without(query, condition, !negate);
  if (find(rest, condition, negate)) return rest;
  const added = (negate ? 'NOT ' : '') + condition;
  if (rest === '') return added;
  return `${hasTopOr(rest) ? `(${rest})` : rest} ${added}`;
}

/** Whether the query is alternatives at its outermost: those need parentheses before more is added. */
function hasTopOr(query: string): boolean {
  let depth = 0;
  for (const piece of scan(query)) {
    if (piece.kind === 'open') depth++;
    else if (piece.kind === 'close') depth--;
    else if (piece.kind === 'or' && depth === 0) return true;
  }
  return false;
}

interface Found {
  start: number;
  end: number;
}

/** Finds a condition that stands at the top of a query whose parts must all match. */
function find(query: string, condition: string, negated: boolean): Found | undefined {
  if (hasTopOr(query)) return undefined;
  const pieces = scan(query);
  let depth = 0;
  for (const [i, piece] of pieces.entries()) {
    if (piece.kind === 'open') depth++;
    else if (piece.kind === 'close') depth--;
    else if (depth === 0 && piece.kind === 'term' && query.slice(piece.start, piece.end) === condition) {
      const first = firstOfTerm(pieces, i);
      const nots = pieces.slice(first, i).filter((p) => p.kind === 'not').length;
      if (nots % 2 === (negated ? 1 : 0)) return { start: pieces[first]!.start, end: piece.end };
    }
  }
  return undefined;
}

/** The first of the signs that belong to a term. */
function firstOfTerm(pieces: Piece[], i: number): number {
  while (i > 0 && pieces[i - 1]!.kind === 'not') i--;
  return i;
}

function without(query: string, condition: string, negated: boolean): string {
  const found = find(query, condition, negated);
  if (!found) return query.trim();
  const before = query.slice(0, found.start).trimEnd().replace(/(^|\s)(AND|&&)$/, '').trimEnd();
  const after = query.slice(found.end).trimStart().replace(/^(AND|&&)(?=\s)/, '').trimStart();
  return [before, after].filter(Boolean).join(' ');
}
