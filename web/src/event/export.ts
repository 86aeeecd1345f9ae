// Events as files: CSV of chosen fields, NDJSON of everything.
import type { Hit } from '../api/types';
import { flatten, text } from './flatten';

/** CSV as RFC 4180 has it: a heading line, CRLF, quotes where they are needed. */
export function csv(hits: Hit[], columns: string[]): string {
  const rows = hits.map((hit) => {
    const flat = flatten(hit.event);
    return columns.map((column) => cell(text(flat[column]))).join(',');
  });
  return [columns.map(heading).join(','), ...rows, ''].join('\r\n');
}

/** Spreadsheets run a cell that begins like this as a formula, and anyone can write to a log. */
const FORMULA = /^[=+@\t\r]|^-(?![\d.]+$)/;

/** The one name that begins as a formula does and is ours. */
const heading = (column: string): string => (column === '@timestamp' ? column : cell(column));

function cell(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function ndjson(hits: Hit[]): string {
  return hits.map((hit) => `${JSON.stringify({ _id: hit.id, ...hit.event })}\n`).join('');
}
