// Reads query text just far enough to edit and complete it: which terms stand where.
// What a query means, and whether it is right, only the server says.

export interface Piece {
  kind: 'term' | 'and' | 'or' | 'not' | 'open' | 'close';
  start: number;
  end: number;
}

const WORDS: Record<string, Piece['kind']> = { AND: 'and', '&&': 'and', OR: 'or', '||': 'or', NOT: 'not', '!': 'not' };

/** Cuts a query into terms, operators and parentheses. Broken text is cut as far as it goes. */
export function scan(text: string): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const c = text[at]!;
    if (/\s/.test(c)) {
      at++;
    } else if (c === '(' || c === ')') {
      out.push({ kind: c === '(' ? 'open' : 'close', start: at, end: ++at });
    } else if (c === '-' || c === '!' || c === '+') {
      out.push({ kind: c === '+' ? 'and' : 'not', start: at, end: ++at });
    } else {
      const end = termEnd(text, at);
      out.push({ kind: WORDS[text.slice(at, end)] ?? 'term', start: at, end });
      at = end;
    }
  }
  return out;
}

/** Where the term that begins at `at` ends: field, colon and value, quotes and brackets included. */
function termEnd(text: string, at: number): number {
  while (at < text.length) {
    const c = text[at]!;
    if (c === '\\') {
      at += 2;
    } else if (c === '"') {
      at = closing(text, at + 1, '"');
    } else if ((c === '[' || c === '{') && text[at - 1] === ':') {
      at = closing(text, at + 1, ']', '}');
    } else if (c === '(' && text[at - 1] === ':') {
      at = group(text, at);
    } else if (/[\s()]/.test(c)) {
      break;
    } else {
      at++;
    }
  }
  return Math.min(at, text.length);
}

function closing(text: string, at: number, ...ends: string[]): number {
  for (; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (ends.includes(text[at]!)) return at + 1;
  }
  return text.length;
}

function group(text: string, at: number): number {
  for (let depth = 0; at < text.length; at++) {
    const c = text[at];
    if (c === '\\') at++;
    else if (c === '"') at = closing(text, at + 1, '"') - 1;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return at + 1;
  }
  return text.length;
}
