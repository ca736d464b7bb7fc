import {
  type CommandContext,
  type CommandDefinition,
  type Options,
  quoted,
  readOptions,
  shellQuote,
} from '../command.ts';
import { type FileStat, strerror } from '../file-system.ts';
import { join, resolve } from '../path.ts';
import { list, type ShellTask, stat } from '../task.ts';
import { textWidth } from '../width.ts';

export const ls: CommandDefinition = {
  name: 'ls',
  usage: 'ls [-l] [-a] [-h] [-t] [-S] [-r] [-R] [-d] [-1] [FILE]...',
  summary: 'list files',
  body: runLs,
};

interface Item extends FileStat {
  readonly name: string;
}

function* runLs(context: CommandContext): ShellTask<number> {
  const options = readOptions('ls', context, 'laAhtSrRd1C', { all: 'a', 'human-readable': 'h' });
  if (options === undefined) return 2;
  const operands = options.operands.length > 0 ? options.operands : ['.'];
  const files: Item[] = [];
  const directories: string[] = [];
  let status = 0;
  for (const operand of [...operands].sort()) {
    const found = yield* stat(resolve(context.shell.cwd, operand));
    const isWrongKind = found.ok && found.value.kind === 'file' && operand.endsWith('/');
    if (!found.ok || isWrongKind) {
      const why = found.ok ? 'Not a directory' : strerror(found.error);
      context.err(`ls: cannot access ${quoted(operand)}: ${why}`);
      status = 2;
    } else if (found.value.kind === 'directory' && !options.flags.has('d')) {
      directories.push(operand);
    } else {
      files.push({ ...found.value, name: operand });
    }
  }
  if (files.length > 0) print(context, options, files, false);
  const isRecursive = options.flags.has('R');
  const hasHeadings = operands.length > 1 || isRecursive;
  let isFirst = files.length === 0;
  const pending = [...directories];
  while (pending.length > 0) {
    const directory = pending.shift() ?? '';
    const entries = yield* list(resolve(context.shell.cwd, directory));
    if (!entries.ok) {
      context.err(`ls: cannot open directory ${quoted(directory)}: ${strerror(entries.error)}`);
      status = 2;
      continue;
    }
    if (!isFirst) context.out('\n');
    isFirst = false;
    if (hasHeadings) context.out(`${shellQuote(directory)}:\n`);
    const items: Item[] = entries.value.filter((entry) => isShown(entry.name, options));
    if (options.flags.has('a')) items.unshift(...(yield* dots(context, directory)));
    print(context, options, items, true);
    if (isRecursive) {
      const below = entries.value.filter((e) => e.kind === 'directory' && isShown(e.name, options));
      pending.unshift(...below.map((entry) => join(directory, entry.name)));
    }
  }
  return status;
}

function isShown(name: string, options: Options): boolean {
  return !name.startsWith('.') || options.flags.has('a') || options.flags.has('A');
}

function* dots(context: CommandContext, directory: string): ShellTask<Item[]> {
  const items: Item[] = [];
  for (const name of ['.', '..']) {
    const found = yield* stat(resolve(context.shell.cwd, join(directory, name)));
    if (found.ok) items.push({ ...found.value, name });
  }
  return items;
}

function print(
  context: CommandContext,
  options: Options,
  items: Item[],
  isDirectory: boolean,
): void {
  const { flags } = options;
  if (flags.has('t')) items.sort((a, b) => b.modifiedAt - a.modifiedAt || byName(a, b));
  else if (flags.has('S')) items.sort((a, b) => b.size - a.size || byName(a, b));
  if (flags.has('r')) items.reverse();
  if (flags.has('l')) printLong(context, options, items, isDirectory);
  else if (context.isTerminal && !flags.has('1')) printColumns(context, items);
  else for (const item of items) context.out(`${showName(context, item.name)}\n`);
}

function byName(a: Item, b: Item): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function showName(context: CommandContext, name: string): string {
  return context.isTerminal ? shellQuote(name) : name;
}

/** Names that needed no quotes are set in by one where another needed them, as ls does, so that letters align. */
function alignNames(context: CommandContext, items: readonly Item[]): string[] {
  const names = items.map((item) => showName(context, item.name));
  const isQuoted = names.map((name, at) => name !== items[at]?.name);
  if (!isQuoted.includes(true)) return names;
  return names.map((name, at) => (isQuoted[at] === true ? name : ` ${name}`));
}

function printLong(
  context: CommandContext,
  options: Options,
  items: readonly Item[],
  isDirectory: boolean,
): void {
  const isHuman = options.flags.has('h');
  const kilobytes = items.reduce((sum, item) => sum + Math.ceil(item.size / 4096) * 4, 0);
  if (isDirectory) context.out(`total ${isHuman ? humanSize(kilobytes * 1024) : kilobytes}\n`);
  const sizes = items.map((item) => (isHuman ? humanSize(item.size) : String(item.size)));
  const sizeWidth = Math.max(0, ...sizes.map((size) => size.length));
  const names = alignNames(context, items);
  items.forEach((item, at) => {
    const isFolder = item.kind === 'directory';
    const mode = isFolder ? 'drwxr-xr-x' : isProgram(context, item) ? '-rwxr-xr-x' : '-rw-r--r--';
    const size = (sizes[at] ?? '').padStart(sizeWidth);
    const { user } = context.host;
    const links = isFolder ? 2 : 1;
    context.out(`${mode} ${links} ${user} ${user} ${size} ${date(context, item)} ${names[at]}\n`);
  });
}

/** The file system keeps no modes; the one program that it holds is the server. */
function isProgram(context: CommandContext, item: Item): boolean {
  const path = resolve(context.shell.cwd, item.name);
  return item.name === 'bee' && (path.endsWith('/bee/src/bee') || item.size < 4096);
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Nov 22 19:42`, or `Nov 22  2025` for what is older than half a year or lies ahead, as ls does. */
function date(context: CommandContext, item: Item): string {
  const { host } = context;
  const now = host.now();
  const { month, day, year, hour, minute } = civil(
    item.modifiedAt + host.utcOffset(item.modifiedAt) * 60,
  );
  const halfYear = 31_556_952 / 2;
  const isRecent = item.modifiedAt > now - halfYear && item.modifiedAt <= now + 1;
  const clock = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  return `${months[month]} ${String(day).padStart(2)} ${isRecent ? clock : String(year).padStart(5)}`;
}

/** Seconds since 1970 as a date of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms"). */
function civil(seconds: number): {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
} {
  const days = Math.floor(seconds / 86_400);
  const rest = Math.floor(seconds) - days * 86_400;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (shiftedMonth + 2) % 12;
  return {
    year: yearOfEra + era * 400 + (month < 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
  };
}

/** As `ls -h`: rounded up, one decimal below ten. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = '';
  for (const next of ['K', 'M', 'G', 'T']) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  if (unit === '') return String(value);
  const tenths = Math.ceil(value * 10) / 10;
  return tenths < 10 ? `${tenths.toFixed(1)}${unit}` : `${Math.ceil(value)}${unit}`;
}

/** Down the columns, two spaces between them, as few lines as fit. */
function printColumns(context: CommandContext, items: readonly Item[]): void {
  const names = alignNames(context, items);
  if (names.length === 0) return;
  const widths = names.map(textWidth);
  const available = context.host.columns();
  for (let rows = 1; rows <= names.length; rows++) {
    const columns = Math.ceil(names.length / rows);
    const columnWidths = Array.from({ length: columns }, (_, column) =>
      Math.max(...widths.slice(column * rows, (column + 1) * rows)),
    );
    const total = columnWidths.reduce((sum, width) => sum + width, 0) + 2 * (columns - 1);
    // The last column stays free, as in the real one.
    if (total >= available && rows < names.length) continue;
    for (let row = 0; row < rows; row++) {
      let line = '';
      let owed = 0;
      for (let column = 0; column < columns; column++) {
        const at = column * rows + row;
        const name = names[at];
        if (name === undefined) break;
        line += ' '.repeat(owed) + name;
        owed = (columnWidths[column] ?? 0) - (widths[at] ?? 0) + 2;
      }
      context.out(`${line}\n`);
    }
    return;
  }
}
