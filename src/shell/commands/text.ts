/** Commands that show what is in files: cat, head, tail, wc, grep, hexdump. And echo. */
import { type CommandContext, type CommandDefinition, quoted, readOptions } from '../command.ts';
import { strerror } from '../file-system.ts';
import { resolve } from '../path.ts';
import type { ShellTask } from '../task.ts';
import * as files from '../task.ts';

const newline = 0x0a;
const empty = new Uint8Array(0);

/** Reads a file operand, or standard input for `-`; on failure a string says why, in the C library's words. */
export function* readOperand(
  context: CommandContext,
  operand: string,
): ShellTask<Uint8Array | string> {
  if (operand === '-') return context.stdin ?? empty;
  const path = resolve(context.shell.cwd, operand);
  const found = yield* files.stat(path);
  if (!found.ok) return strerror(found.error);
  if (found.value.kind === 'directory') return 'Is a directory';
  if (operand.endsWith('/')) return 'Not a directory';
  const bytes = yield* files.read(path);
  return bytes.ok ? bytes.value : strerror(bytes.error);
}

export const cat: CommandDefinition = {
  name: 'cat',
  usage: 'cat [-n] [FILE]...',
  summary: 'print files',
  *body(context) {
    const options = readOptions('cat', context, 'n', { number: 'n' });
    if (options === undefined) return 1;
    let status = 0;
    let lineNumber = 0;
    for (const operand of options.operands.length > 0 ? options.operands : ['-']) {
      const bytes = yield* readOperand(context, operand);
      if (typeof bytes === 'string') {
        context.err(`cat: ${operand}: ${bytes}`);
        status = 1;
      } else if (options.flags.has('n')) {
        for (const line of splitLines(bytes)) {
          context.out(`${String(++lineNumber).padStart(6)}\t`);
          context.out(line);
        }
      } else {
        context.out(bytes);
      }
    }
    return status;
  },
};

export const head: CommandDefinition = {
  name: 'head',
  usage: 'head [-n LINES] [-c BYTES] [FILE]...',
  summary: 'print the beginning of files',
  body: (context) => runPart('head', context),
};

export const tail: CommandDefinition = {
  name: 'tail',
  usage: 'tail [-n LINES] [-c BYTES] [FILE]...',
  summary: 'print the end of files',
  body: (context) => runPart('tail', context),
};

function* runPart(name: 'head' | 'tail', context: CommandContext): ShellTask<number> {
  // The old form, `head -3 FILE`.
  const args = context.args.map((arg) => (/^-\d+$/.test(arg) ? `-n${arg.slice(1)}` : arg));
  const options = readOptions(name, { ...context, args }, 'n:c:qv');
  if (options === undefined) return 1;
  const unit = options.values.has('c') ? 'bytes' : 'lines';
  const asked = options.values.get(unit === 'bytes' ? 'c' : 'n') ?? '10';
  if (!/^[-+]?\d+$/.test(asked)) {
    context.err(`${name}: invalid number of ${unit}: ‘${asked}’`);
    return 1;
  }
  const operands = options.operands.length > 0 ? options.operands : ['-'];
  let status = 0;
  let isFirst = true;
  for (const operand of operands) {
    const bytes = yield* readOperand(context, operand);
    if (typeof bytes === 'string') {
      context.err(
        bytes === 'Is a directory'
          ? `${name}: error reading ${quoted(operand)}: ${bytes}`
          : `${name}: cannot open ${quoted(operand)} for reading: ${bytes}`,
      );
      status = 1;
      continue;
    }
    if (operands.length > 1) context.out(`${isFirst ? '' : '\n'}==> ${operand} <==\n`);
    isFirst = false;
    if (unit === 'bytes') {
      context.out(bytes.subarray(...part(name, asked, bytes.length)));
    } else {
      const lines = splitLines(bytes);
      for (const line of lines.slice(...part(name, asked, lines.length))) context.out(line);
    }
  }
  return status;
}

/** From where to where, of `length` lines or bytes: `head -n -2` leaves out the last two, `tail -n +2` the first. */
function part(name: 'head' | 'tail', asked: string, length: number): [number, number] {
  const count = Math.abs(Number(asked));
  if (name === 'head') return [0, asked.startsWith('-') ? Math.max(0, length - count) : count];
  if (asked.startsWith('+')) return [Math.max(0, count - 1), length];
  return [Math.max(0, length - count), length];
}

/** Lines with their newlines; the last one may lack it. */
function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    const at = bytes.indexOf(newline, start);
    const end = at < 0 ? bytes.length : at + 1;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

export const wc: CommandDefinition = {
  name: 'wc',
  usage: 'wc [-l] [-w] [-c] [FILE]...',
  summary: 'count lines, words and bytes',
  *body(context) {
    const options = readOptions('wc', context, 'lwc');
    if (options === undefined) return 1;
    const { flags } = options;
    const columns = ['l', 'w', 'c'].filter((flag) => flags.size === 0 || flags.has(flag));
    const rows: { counts: Map<string, number>; name: string }[] = [];
    let status = 0;
    for (const operand of options.operands.length > 0 ? options.operands : ['-']) {
      const bytes = yield* readOperand(context, operand);
      if (typeof bytes === 'string') {
        context.err(`wc: ${operand}: ${bytes}`);
        status = 1;
        continue;
      }
      const words = new TextDecoder()
        .decode(bytes)
        .split(/\s+/)
        .filter((word) => word !== '');
      const lines = bytes.reduce((sum, byte) => sum + (byte === newline ? 1 : 0), 0);
      const counts = new Map([
        ['l', lines],
        ['w', words.length],
        ['c', bytes.length],
      ]);
      rows.push({ counts, name: options.operands.length > 0 ? operand : '' });
    }
    if (rows.length > 1) {
      const sum = (key: string): number =>
        rows.reduce((total, row) => total + (row.counts.get(key) ?? 0), 0);
      rows.push({ counts: new Map(columns.map((key) => [key, sum(key)])), name: 'total' });
    }
    const numbers = rows.flatMap((row) => columns.map((key) => String(row.counts.get(key) ?? 0)));
    // Several numbers line up; a lone one (`wc -l FILE`) stands without blanks before it.
    const width = numbers.length === 1 ? 0 : Math.max(...numbers.map((text) => text.length));
    for (const { counts, name } of rows) {
      const cells = columns.map((key) => String(counts.get(key) ?? 0).padStart(width));
      context.out(`${cells.join(' ')}${name === '' ? '' : ` ${name}`}\n`);
    }
    return status;
  },
};

export const grep: CommandDefinition = {
  name: 'grep',
  usage: 'grep [-i] [-v] [-n] [-c] [-F] PATTERN [FILE]...',
  summary: 'print the lines that match',
  *body(context) {
    const options = readOptions('grep', context, 'ivncFEa');
    const pattern = options?.operands[0];
    if (options === undefined || pattern === undefined) {
      context.err('Usage: grep [OPTION]... PATTERNS [FILE]...');
      if (options !== undefined) context.err("Try 'grep --help' for more information.");
      return 2;
    }
    const { flags } = options;
    let matcher: RegExp;
    try {
      const source = flags.has('F') ? pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : pattern;
      matcher = new RegExp(source, flags.has('i') ? 'iu' : 'u');
    } catch {
      context.err(`grep: ${pattern}: not a regular expression`);
      return 2;
    }
    const operands = options.operands.slice(1);
    let status = 1;
    for (const operand of operands.length > 0 ? operands : ['-']) {
      const bytes = yield* readOperand(context, operand);
      if (typeof bytes === 'string') {
        context.err(`grep: ${operand}: ${bytes}`);
        status = 2;
        continue;
      }
      const prefix = operands.length > 1 ? `${operand}:` : '';
      let count = 0;
      splitLines(bytes).forEach((line, at) => {
        const text = new TextDecoder().decode(line).replace(/\n$/, '');
        if (matcher.test(text) === flags.has('v')) return;
        count++;
        if (!flags.has('c')) context.out(`${prefix}${flags.has('n') ? `${at + 1}:` : ''}${text}\n`);
      });
      if (flags.has('c')) context.out(`${prefix}${count}\n`);
      if (count > 0 && status === 1) status = 0;
    }
    return status;
  },
};

export const hexdump: CommandDefinition = {
  name: 'hexdump',
  usage: 'hexdump -C [-n LENGTH] [-s OFFSET] FILE...',
  summary: 'show bytes in hexadecimal and as text',
  *body(context) {
    const options = readOptions('hexdump', context, 'Cvn:s:');
    if (options === undefined) return 1;
    const offset = Number(options.values.get('s') ?? 0);
    const length = Number(options.values.get('n') ?? Number.POSITIVE_INFINITY);
    const pieces: Uint8Array[] = [];
    let failures = 0;
    const operands = options.operands.length > 0 ? options.operands : ['-'];
    for (const operand of operands) {
      const bytes = yield* readOperand(context, operand);
      if (typeof bytes === 'string') {
        context.err(`hexdump: ${operand}: ${bytes}`);
        failures++;
      } else {
        pieces.push(bytes);
      }
    }
    if (failures === operands.length) {
      context.err('hexdump: all input file arguments failed');
      return 1;
    }
    const end = Math.min(
      offset + length,
      pieces.reduce((sum, piece) => sum + piece.length, 0),
    );
    const bytes = new Uint8Array(Math.max(0, end));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece.subarray(0, Math.max(0, end - at)), Math.min(at, bytes.length));
      at += piece.length;
    }
    dump(context, bytes, offset, options.flags.has('v'));
    return failures > 0 ? 1 : 0;
  },
};

/** Always the canonical form (`-C`): the default form of hexdump(1), 16-bit words in host order, misleads a learner. */
function dump(
  context: CommandContext,
  bytes: Uint8Array,
  offset: number,
  isVerbose: boolean,
): void {
  let previous = '';
  let isFolded = false;
  for (let at = offset; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const cells = Array.from(row, (byte) => byte.toString(16).padStart(2, '0'));
    const hex = `${cells.slice(0, 8).join(' ').padEnd(23)}  ${cells.slice(8).join(' ').padEnd(23)}`;
    if (hex === previous && row.length === 16 && !isVerbose) {
      if (!isFolded) context.out('*\n');
      isFolded = true;
      continue;
    }
    previous = hex;
    isFolded = false;
    const text = Array.from(row, (byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
    ).join('');
    context.out(`${at.toString(16).padStart(8, '0')}  ${hex}  |${text}|\n`);
  }
  if (bytes.length > offset) context.out(`${bytes.length.toString(16).padStart(8, '0')}\n`);
}

export const echo: CommandDefinition = {
  name: 'echo',
  usage: 'echo [-n] [TEXT]...',
  summary: 'print its arguments',
  *body(context) {
    const isBare = context.args[0] === '-n';
    context.out((isBare ? context.args.slice(1) : context.args).join(' ') + (isBare ? '' : '\n'));
    return 0;
  },
};
