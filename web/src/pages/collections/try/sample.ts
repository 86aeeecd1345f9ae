// Lines to try a pipeline on: kept in this browser for each collection, and cut into
// events as the server takes them.

const KEY = 'millrace.sample.';
/** What is worth keeping; storage is small and shared by all collections. */
const MAX_KEPT = 64 << 10;

/** The server tries no more events than this, nor more bytes of them. */
export const MAX_EVENTS = 100;
export const MAX_BYTES = 256 << 10;

/** The sample of a collection; that of one to be made has no name. */
export function sampleOf(name: string): string {
  try {
    return localStorage.getItem(KEY + name) ?? '';
  } catch {
    return '';
  }
}

export function keepSample(name: string, text: string): void {
  try {
    if (text === '' || text.length > MAX_KEPT) localStorage.removeItem(KEY + name);
    else localStorage.setItem(KEY + name, text);
  } catch {
    // Storage is shut off: the sample lasts until the page is left.
  }
}

/** Gives the sample of a collection that has just been made its name. */
export function nameSample(name: string): void {
  keepSample(name, sampleOf(''));
  keepSample('', '');
}

export interface Events {
  events: string[];
  /** Whether there are more than the server takes. */
  cut: boolean;
}

/** The events in a sample: lines, or, where events have several lines, what blank lines part. */
export function eventsOf(text: string, joined: boolean): Events {
  const parts = text.replaceAll('\r\n', '\n').split(joined ? /\n(?:[ \t]*\n)+/ : '\n').map((part) => part.replace(/^\n+|\n+$/g, ''));
  const encoder = new TextEncoder();
  const events: string[] = [];
  let size = 0;
  for (const part of parts) {
    if (part.trim() === '') continue;
    size += encoder.encode(part).length;
    if (events.length === MAX_EVENTS || size > MAX_BYTES) return { events, cut: true };
    events.push(part);
  }
  return { events, cut: false };
}

/** Events of several lines as a sample: eventsOf gives them back, but for blank lines inside. */
export const textOf = (events: string[]): string => events.map((event) => event.replace(/\n(?:[ \t]*\n)+/g, '\n')).join('\n\n');
