import { textWidth } from './width.ts';

/** Words in columns, as readline lists them; paths by their last part. */
export function listWords(words: readonly string[], columns: number): string {
  const names = words.map((word) => /[^/\s]*\/?\s*$/.exec(word)?.[0].trim() || word);
  const width = Math.max(...names.map(textWidth)) + 2;
  const perRow = Math.max(1, Math.floor(columns / width));
  const rows = Math.ceil(names.length / perRow);
  let out = '';
  for (let row = 0; row < rows; row++) {
    const line = names.filter((_, at) => at % rows === row);
    out += `${line
      .map((name) => name.padEnd(width))
      .join('')
      .trimEnd()}\n`;
  }
  return out;
}

/** What all words begin with; '' when there are none. */
export function commonPrefix(words: readonly string[]): string {
  let prefix = words[0] ?? '';
  for (const word of words) while (!word.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
