// What could stand where the caret is: a field's name, or one of a field's values.
import type { FieldInfo } from '../api/types';
import { name, term } from './edit';

export interface Suggestion {
  /** What is shown, and what it is. */
  label: string;
  detail: string;
  /** What replaces the text from start to end. */
  text: string;
}

export interface Completion {
  start: number;
  end: number;
  items: Suggestion[];
}

const MOST = 12;

/** Suggests how the word before the caret goes on. */
export function complete(text: string, caret: number, fields: FieldInfo[]): Completion {
  const before = text.slice(0, caret);
  if (openQuote(before)) return valueInQuotes(text, caret, fields);
  const word = /[^\s()"]*$/.exec(before)![0].replace(/^[-+!]+/, '');
  const start = caret - word.length;
  const colon = word.indexOf(':');
  if (colon < 0) return { start, end: caret, items: fieldNames(word, fields) };
  const field = fields.find((f) => name(f.name) === word.slice(0, colon));
  return { start, end: caret, items: field ? values(field, word.slice(colon + 1)) : [] };
}

function openQuote(text: string): boolean {
  return (text.replace(/\\./g, '').split('"').length - 1) % 2 === 1;
}

function valueInQuotes(text: string, caret: number, fields: FieldInfo[]): Completion {
  const found = /([^\s()":]+):"([^"]*)$/.exec(text.slice(0, caret));
  const field = found && fields.find((f) => name(f.name) === found[1]);
  if (!found || !field) return { start: caret, end: caret, items: [] };
  const end = text[caret] === '"' ? caret + 1 : caret;
  return { start: caret - found[0].length, end, items: values(field, found[2]!) };
}

/** Names that begin with the word come first, then those with a part that does, then those that hold it. */
function fieldNames(word: string, fields: FieldInfo[]): Suggestion[] {
  const wanted = word.toLowerCase();
  const rank = (f: FieldInfo) => {
    const field = f.name.toLowerCase();
    if (field.startsWith(wanted)) return 0;
    if (field.includes(`.${wanted}`)) return 1;
    return field.includes(wanted) ? 2 : 3;
  };
  return fields
    .map((f) => ({ f, rank: rank(f) }))
    .filter((x) => x.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.f.name.localeCompare(b.f.name))
    .slice(0, MOST)
    .map(({ f }) => ({ label: f.name, detail: f.type, text: `${name(f.name)}:` }));
}

function values(field: FieldInfo, typed: string): Suggestion[] {
  const wanted = typed.toLowerCase();
  return (field.values ?? [])
    .filter((v) => v.toLowerCase().includes(wanted) && v !== typed)
    .sort((a, b) => Number(!a.toLowerCase().startsWith(wanted)) - Number(!b.toLowerCase().startsWith(wanted)))
    .slice(0, MOST)
    .map((v) => ({ label: v, detail: field.name, text: `${term(field.name, v)} ` }));
}

/** Puts a suggestion in its place; tells the new text and where the caret stands. */
export function accept(text: string, completion: Completion, item: Suggestion): { text: string; caret: number } {
  const rest = text.slice(completion.end);
  const added = item.text.endsWith(' ') && rest.startsWith(' ') ? item.text.trimEnd() : item.text;
  return { text: text.slice(0, completion.start) + added + rest, caret: completion.start + added.length };
}
