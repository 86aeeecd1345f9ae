// Events as files: CSV of chosen fields, NDJSON of everything.
import type { Hit } from '../api/types';
import { flatten, text } from './flatten';

/** Turns events into text, page by page, so that the events themselves need not be kept. */
export interface Writer {
  name: string;
  type: string;
  head: string;
  rows: (hits: Hit[]) => string;
}

/** By this mark spreadsheets know UTF-8; without it they show umlauts as two wrong letters. */
const BOM = '\uFEFF';

/** CSV as RFC 4180 has it: a heading line, CRLF, quotes where they are needed. */
export function csv(columns: string[]): Writer {
  return {
    name: 'events.csv', type: 'text/csv;charset=utf-8', head: `${BOM}${columns.map(heading).join(',')}\r\n`,
    rows: (hits) => hits.map((hit) => {
      const flat = flatten(hit.event);
      return `${columns.map((column) => cell(text(flat[column]))).join(',')}\r\n`;
    }).join(''),
  };
}

export const ndjson: Writer = {
  name: 'events.ndjson', type: 'application/x-ndjson', head: '',
  rows: (hits) => hits.map((hit) => `${JSON.stringify({ _id: hit.id, ...hit.event })}\n`).join(''),
};

/** Spreadsheets run a cell that begins like this as a formula, and anyone can write to a log. They take the wide forms of the signs, too. */
const FORMULA = /^[=+@\t\r\n＝＋－＠]|^-(?![\d.]+$)/;

/** The one name that begins as a formula does and is ours. */
const heading = (column: string): string => (column === '@timestamp' ? column : cell(column));

/** Semicolons and tabs are quoted, too: some take them for the end of a cell. */
function cell(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
