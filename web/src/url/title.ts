// What the tab and the browser's history call the page.
import { useEffect } from 'react';

/** Names the page by its parts, the most particular first; empty ones are left out. */
export function useTitle(...parts: string[]): void {
  const title = [...parts.filter(Boolean), 'Millrace'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
}
