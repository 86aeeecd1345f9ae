// The address is the only place where the page keeps what it shows. This is all the
// routing there is: read the address, change it, hear of changes.
import { useSyncExternalStore, type MouseEvent } from 'react';

const CHANGED = 'millrace:address';

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener);
  addEventListener(CHANGED, listener);
  return () => {
    removeEventListener('popstate', listener);
    removeEventListener(CHANGED, listener);
  };
}

const address = () => location.pathname + location.search;

/** The address of the page, path and query; renders anew when it changes. */
export function useAddress(): { path: string; query: string } {
  const now = useSyncExternalStore(subscribe, address);
  const [path = '/', query = ''] = now.split('?', 2);
  return { path, query };
}

/** Whether what is on the page would be lost by leaving it; asks and may say no. */
let guard: (() => boolean) | undefined;

/** Sets what is asked before the page is left. Undo it with the function that comes back. */
export function guardLeaving(mayLeave: () => boolean): () => void {
  guard = mayLeave;
  return () => {
    if (guard === mayLeave) guard = undefined;
  };
}

export function navigate(to: string, options: { replace?: boolean; force?: boolean } = {}): void {
  if (to === address()) return;
  const leaves = to.split('?')[0] !== location.pathname;
  if (leaves && !options.force && guard && !guard()) return;
  if (options.replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  dispatchEvent(new Event(CHANGED));
  if (leaves) document.getElementById('main')?.scrollTo(0, 0);
}

/** Follows a link inside the page, unless it is to open elsewhere. */
export function follow(event: MouseEvent<HTMLAnchorElement>): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  navigate(event.currentTarget.pathname + event.currentTarget.search);
}
