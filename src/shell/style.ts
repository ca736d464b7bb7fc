/** How kinds of text look in a terminal, as SGR sequences: plain answers, dim log lines, marked errors. */

/** Errors in a console's answer: `- error: …`, bold besides the colour, which not everybody sees. */
export function styleOutput(text: string, isAtLineStart: boolean): string {
  if (!text.includes('- error: ')) return text;
  return text
    .split('\n')
    .map((line, at) =>
      line.startsWith('- error: ') && (at > 0 || isAtLineStart) ? `\x1b[1;31m${line}\x1b[0m` : line,
    )
    .join('\n');
}

/** A complaint of a shell command. */
export function styleError(line: string): string {
  return `\x1b[31m${line}\x1b[0m`;
}

/** A server's log line: dim; a warning or an error keeps its letter, `W>` or `E>`, and gets a colour as well. */
export function styleLog(line: string, level: string): string {
  const color = level === 'W' ? '33' : 'E!F'.includes(level) ? '31' : '90';
  return `\x1b[${color}m${line}\x1b[0m`;
}
