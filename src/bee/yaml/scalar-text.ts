/** What escapes stand for, and how lines of a scalar are joined. */
/** Behind a backslash in double quotes. */
export const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

/** How many hexadecimal digits follow. */
export const escapeDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** One line end is a blank, of several the first goes; the separators of Unicode stay. */
export function folded(breaks: string): string {
  if (!breaks.startsWith('\n')) return breaks;
  return breaks.length === 1 ? ' ' : breaks.slice(1);
}

/** Of the line ends at the end, `-` keeps none, `+` all, and nothing one. */
export function chomped(text: string, lines: readonly string[], header: string): string {
  let content = lines.length;
  while (content > 0 && lines[content - 1] === '') content--;
  const bare = text.replace(/\n+$/, '');
  if (header.includes('-')) return bare;
  if (header.includes('+'))
    return bare + '\n'.repeat(lines.length - content + (content > 0 ? 1 : 0));
  return content === 0 ? '' : `${bare}\n`;
}

/** Lines of `>`: one line end between two lines is a blank, unless one of them is indented further. */
export function foldedLines(lines: readonly string[]): string {
  let text = '';
  let breaks = 0;
  let previous = '';
  lines.forEach((line, at) => {
    if (line === '') {
      breaks++;
      return;
    }
    const isMore = /^[ \t]/.test(line) || /^[ \t]/.test(previous);
    if (at > breaks || text !== '') {
      text += isMore || breaks > 0 ? '\n'.repeat(breaks + (isMore ? 1 : 0)) : ' ';
    } else text += '\n'.repeat(breaks);
    text += line;
    previous = line;
    breaks = 0;
  });
  return text;
}
