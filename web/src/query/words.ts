// The words of a query that are looked for in messages, to be shown there.
import { scan } from './scan';

/** A pattern that finds the words and phrases of a query; undefined where it has none. */
export function wordsPattern(query: string): RegExp | undefined {
  const words: string[] = [];
  let negated = false;
  for (const piece of scan(query)) {
    if (piece.kind === 'not') negated = !negated;
    if (piece.kind !== 'term') continue;
    const word = wordOf(query.slice(piece.start, piece.end));
    if (word && !negated) words.push(word);
    negated = false;
  }
  if (words.length === 0) return undefined;
  return new RegExp(`(${words.sort((a, b) => b.length - a.length).map(pattern).join('|')})`, 'giu');
}

function wordOf(term: string): string {
  const own = term.startsWith('message:') ? term.slice('message:'.length) : term;
  const plain = /^"(.*)"$/s.exec(own)?.[1] ?? (/[:()[\]{}]/.test(own) ? '' : own);
  return plain.replace(/\\(.)/g, '$1').replace(/^[*?]+|[*?]+$/g, '');
}

/** Words are parted by whatever is no letter or digit. */
function pattern(text: string): string {
  const words = text.match(/[\p{L}\p{N}_]+/gu) ?? [];
  return words.length > 0 ? words.join('[^\\p{L}\\p{N}_]+') : '(?!)';
}
