import { useSyncExternalStore } from 'react';

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'millrace.theme'; // as in public/theme.js
const listeners = new Set<() => void>();
const dark = () => matchMedia('(prefers-color-scheme: dark)');

function current(): Theme {
  const theme = document.documentElement.dataset.theme;
  return theme === 'light' || theme === 'dark' ? theme : 'auto';
}

export function setTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage is shut off: it lasts until the page is loaded again.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  dark().addEventListener('change', listener);
  return () => {
    listeners.delete(listener);
    dark().removeEventListener('change', listener);
  };
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, current);

/** Whether it is dark now, by choice or by the system. Pictures on a canvas need to know. */
export const useDark = (): boolean => useSyncExternalStore(subscribe, () => (current() === 'auto' ? dark().matches : current() === 'dark'));
