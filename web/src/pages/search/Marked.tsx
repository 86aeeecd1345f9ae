/** A text in which what was looked for is marked. */
export function Marked({ text, pattern }: { text: string; pattern: RegExp | undefined }) {
  if (!pattern) return text;
  return text.split(pattern).map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part));
}
