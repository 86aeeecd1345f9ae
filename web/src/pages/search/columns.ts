// How wide a column is. The message takes what is left.
const WIDTHS: Record<string, number> = {
  'log.level': 64, 'service.name': 110, 'host.name': 120, 'http.response.status_code': 80, 'http.request.method': 80, 'source.ip': 130,
};
const USUAL = 150;
const MESSAGE = 320;
const FIXED = 28 + 164;

const HEADINGS: Record<string, string> = { 'log.level': 'level', 'service.name': 'app', 'host.name': 'host' };

export const heading = (column: string): string => HEADINGS[column] ?? column;

/** The columns of the grid, and how wide it is at least. */
export function layout(columns: string[]): { template: string; minWidth: number } {
  const grows = columns.includes('message') ? 'message' : columns.at(-1);
  const widths = columns.map((c) => (c === 'message' ? MESSAGE : (WIDTHS[c] ?? Math.max(USUAL, c.length * 7 + 24))));
  const template = columns.map((c, i) => (c === grows ? `minmax(${widths[i]}px, 1fr)` : `${widths[i]}px`)).join(' ');
  return { template: `28px 164px ${template}`, minWidth: FIXED + widths.reduce((a, b) => a + b, 0) };
}
