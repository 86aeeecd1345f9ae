// Server-sent events out of a fetched stream. EventSource cannot send a token.

export interface ServerEvent {
  event: string;
  data: string;
}

/** Takes pieces of a stream and gives back the events that are complete. */
export class EventParser {
  private rest = '';
  private event = '';
  private data: string[] = [];

  push(piece: string): ServerEvent[] {
    const out: ServerEvent[] = [];
    this.rest += piece;
    // A carriage return at the very end may be half of a line end.
    const lines = this.rest.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const done = this.line(line);
      if (done) out.push(done);
    }
    return out;
  }

  private line(line: string): ServerEvent | undefined {
    if (line === '') {
      const done = this.data.length > 0 ? { event: this.event || 'message', data: this.data.join('\n') } : undefined;
      this.event = '';
      this.data = [];
      return done;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return undefined; // a comment, to keep the connection
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.event = value;
    if (name === 'data') this.data.push(value);
    return undefined;
  }
}

/** Reads a stream to its end, event by event. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
