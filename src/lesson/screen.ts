/**
 * An expected screen: what a terminal shows for one step, with marks for what differs from run to
 * run. A screen is written as the terminal prints it, prompts and typed lines included:
 *
 *     $ ls -l ~/bee_test_node_1
 *     -rw-r--r-- 1 <...> <size-snap> <time> 00000000000000000000.snap
 *     bee> db.space._cluster:select({0},{iterator='GE'})
 *     ---
 *     - - [1, '<uuid-first>']
 *     ...
 *     <...> I> can't read row
 *
 * `<uuid>`, `<size>`, `<time>`, `<number>` match one such thing; with a name after a hyphen they
 * match the same text at every place that has the name, in every screen of the lesson: that is how
 * "the two snapshots have the same size" is said. `<...>` in a line stands for any text, alone for
 * any log lines. `<...> text` is a log line without its beginning (date, process, fiber): it must
 * come, in this order, among other log lines and between any others, because logs come when they
 * come.
 *
 * Matching: (1) `splitScreen` parts what was printed into log lines and the rest, (2) `matchScreen`
 * compares the rest line by line, (3) then looks for the expected log lines among the logged ones.
 * Empty lines, bare prompts and the amount of space inside a line do not count.
 */

/** What stands for a named mark, learned at its first place. One map for a whole lesson. */
export type Bindings = Map<string, string>;

/** The first place where a screen is not as expected. */
export interface ScreenMismatch {
  readonly expected: string;
  /** '' when the screen ended. */
  readonly found: string;
}

/** As the real server begins each log line: date, time, process. */
const logLine = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[\d+\] /;
const barePrompt = /^(?:\$|bee>|\s+>)\s*$/;
const typedLine = /^(?:\$|bee>| +>) (.*)$/;
const logMark = '<...> ';

const markPatterns: Readonly<Record<string, string>> = {
  uuid: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  size: '\\d+',
  number: '\\d+(?:\\.\\d+)?',
  time: '[A-Z][a-z]{2} [ \\d]?\\d \\d\\d:\\d\\d',
};

/** A mark: `<...>`, `<uuid>`, `<size-snap>`. */
export const screenMark = /<(?:\.\.\.|(uuid|size|number|time)(?:-([a-z0-9]+))?)>/g;

/**
 * Parts lines that a terminal printed into log lines and the rest, leaving out what does not count.
 */
export function splitScreen(lines: readonly string[]): { logs: string[]; rest: string[] } {
  const logs: string[] = [];
  const rest: string[] = [];
  for (const line of lines) {
    const text = squeeze(line);
    if (text === '' || barePrompt.test(text)) continue;
    (logLine.test(text) ? logs : rest).push(text);
  }
  return { logs, rest };
}

/**
 * Compares what was printed with an expected screen.
 * @param expected the screen's text
 * @param lines what the terminal printed, one line each, unwrapped
 * @param bindings named marks of this lesson; filled when the screen matches as far as it goes
 * @returns undefined when it matches
 */
export function matchScreen(
  expected: string,
  lines: readonly string[],
  bindings: Bindings,
): ScreenMismatch | undefined {
  const { logs, rest } = splitScreen(lines);
  const wanted = expected
    .split('\n')
    .map(squeeze)
    .filter((line) => line !== '' && !barePrompt.test(line));
  const plain = wanted.filter((line) => !line.startsWith('<...>'));
  for (let at = 0; at < Math.max(plain.length, rest.length); at++) {
    const line = plain[at] ?? '';
    const found = rest[at] ?? '';
    if (!matchLine(line, found, bindings)) return { expected: line, found };
  }
  let from = 0;
  for (const line of wanted) {
    if (!line.startsWith(logMark)) continue;
    const at = logs.findIndex((log, place) => place >= from && matchLine(line, log, bindings));
    if (at < 0) return { expected: line, found: logs.slice(from).join('\n') };
    from = at + 1;
  }
  return undefined;
}

/** The lines that a screen shows as typed, without their prompts. */
export function typedLines(screen: string): string[] {
  return screen.split('\n').flatMap((line) => {
    const [, typed] = typedLine.exec(line) ?? [];
    return typed === undefined || typed === '' ? [] : [typed];
  });
}

/** Compares one line and learns the names in it. */
function matchLine(expected: string, found: string, bindings: Bindings): boolean {
  const names: string[] = [];
  let pattern = '';
  let at = 0;
  for (const mark of expected.matchAll(screenMark)) {
    pattern += literally(expected.slice(at, mark.index));
    at = mark.index + mark[0].length;
    const [, kind, name] = mark;
    const known = name === undefined ? undefined : bindings.get(`${kind}-${name}`);
    if (kind === undefined) pattern += '.*';
    else if (known !== undefined) pattern += literally(known);
    else if (name === undefined) pattern += markPatterns[kind];
    else {
      names.push(`${kind}-${name}`);
      pattern += `(${markPatterns[kind]})`;
    }
  }
  pattern += literally(expected.slice(at));
  const match = new RegExp(`^${pattern}$`).exec(found);
  if (match === null) return false;
  const learned = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const text = match[index + 1] ?? '';
    // A name that stands twice in one line must be the same text twice.
    if ((learned.get(name) ?? text) !== text) return false;
    learned.set(name, text);
  }
  for (const [name, text] of learned) bindings.set(name, text);
  return true;
}

/** Keeps the indentation, which YAML gives a meaning, and makes every other run of spaces one. */
function squeeze(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? '';
  return indent + line.slice(indent.length).replace(/\s+/g, ' ').trimEnd();
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
