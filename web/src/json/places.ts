// Reads JSON and remembers where each value stands, so that a problem with
// pipeline[2].grok can be shown at its line.

export interface Places {
  value: unknown;
  /** Offset of the value of each key path, written as the API writes them: a.b[0].c. */
  at: Map<string, number>;
}

export class JsonError extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

/** Reads a JSON text. What is wrong with it is thrown as a JsonError. */
export function read(text: string): Places {
  const reader = new Reader(text);
  const value = reader.whole();
  return { value, at: reader.at };
}

/** The line of an offset, from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** The place of a path, or of the nearest that holds it. */
export function nearest(places: Places, path: string): number {
  for (let p = path; p !== ''; p = p.replace(/(\[\d+\]|\.?[^.[\]]+)$/, '')) {
    const at = places.at.get(p);
    if (at !== undefined) return at;
    if (!/[.[]/.test(p)) break;
  }
  return places.at.get('') ?? 0;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;

class Reader {
  readonly at = new Map<string, number>();
  private i = 0;
  constructor(private readonly text: string) {}

  whole(): unknown {
    const value = this.value('');
    if (this.peek() !== '') this.fail('something follows the JSON');
    return value;
  }

  private fail(message: string): never {
    throw new JsonError(message, this.i);
  }

  /** The next character that is no blank. */
  private peek(): string {
    while (/[ \t\r\n]/.test(this.text[this.i] ?? '')) this.i++;
    return this.text[this.i] ?? '';
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.i;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.i += found.length;
    return found;
  }

  private value(path: string): unknown {
    const c = this.peek();
    this.at.set(path, this.i);
    if (c === '{') return this.object(path);
    if (c === '[') return this.array(path);
    const token = c === '"' ? this.take(STRING) : (this.take(NUMBER) ?? this.take(WORD));
    if (token === undefined) this.fail(c === '"' ? 'this text does not end, or holds a bad escape' : c === '' ? 'the JSON ends too early' : 'a value is expected here');
    return JSON.parse(token);
  }

  private object(path: string): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    this.i++;
    if (this.peek() === '}') {
      this.i++;
      return out;
    }
    for (;;) {
      if (this.peek() !== '"') this.fail('a key in quotes is expected here');
      const key = JSON.parse(this.take(STRING) ?? this.fail('this key does not end')) as string;
      if (this.peek() !== ':') this.fail('a colon is expected here');
      this.i++;
      out[key] = this.value(path ? `${path}.${key}` : key);
      if (this.ends('}')) return out;
    }
  }

  private array(path: string): unknown[] {
    const out: unknown[] = [];
    this.i++;
    if (this.peek() === ']') {
      this.i++;
      return out;
    }
    for (;;) {
      out.push(this.value(`${path}[${out.length}]`));
      if (this.ends(']')) return out;
    }
  }

  private ends(close: string): boolean {
    const c = this.peek();
    if (c !== close && c !== ',') this.fail(`a comma or ${close} is expected here`);
    this.i++;
    return c === close;
  }
}
