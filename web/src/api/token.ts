// The token that the server was started with, for as long as the tab is open.

const KEY = 'millrace.token';
let current = '';
try {
  current = sessionStorage.getItem(KEY) ?? '';
} catch {
  // Storage is shut off: the token lasts until the page is loaded again.
}

export function tokenOf(): string {
  return current;
}

export function setToken(token: string): void {
  current = token;
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // As above.
  }
}
