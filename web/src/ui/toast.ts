// Short messages that say that something was done. They go away by themselves.
import { useSyncExternalStore } from 'react';

let text = '';
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export function toast(message: string): void {
  text = message;
  clearTimeout(timer);
  timer = setTimeout(() => toast(''), message ? 4000 : 0);
  if (!message) clearTimeout(timer);
  for (const listener of listeners) listener();
}

export function useToast(): string {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => text);
}
