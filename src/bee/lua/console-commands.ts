/** Commands of the console itself, `\set output lua` and the like. */
import { helpText } from './help.ts';
import { type Consoles, type OutputFormat, type Repl, wireDelimiter } from './repl.ts';
import { list, record, string, table } from './vm/host.ts';

/**
 * Runs a command.
 * @param repl the console that it was entered at; undefined for `console.eval` of a client
 * @param line what follows the backslash
 * @returns the answer; undefined when the console is to end
 */
export function runCommand(
  consoles: Consoles,
  repl: Repl | undefined,
  line: string,
): string | undefined {
  const [command, parameter, value] = line.split(/\s+/).filter((word) => word !== '');
  switch (command) {
    case undefined:
    case 'help':
    case 'h':
      return consoles.answer({ ok: true, results: [table(list([string(helpText)]))] });
    case 'set':
    case 's':
      return set(consoles, repl, parameter, value);
    case 'quit':
    case 'q':
      if (repl !== undefined) repl.isRunning = false;
      return undefined;
    default:
      return consoles.failure(`Invalid command \\${line}. Type \\help for help.`);
  }
}

function set(
  consoles: Consoles,
  repl: Repl | undefined,
  parameter: string | undefined,
  value: string | undefined,
): string {
  switch (parameter) {
    case undefined:
      return consoles.failure('Invalid set syntax, type \\help for help');
    case 'output':
    case 'o':
      return setOutput(consoles, value);
    case 'delimiter':
    case 'delim':
    case 'd':
      return setDelimiter(consoles, repl, value ?? '');
    case 'language':
    case 'lang':
    case 'l':
      return setLanguage(consoles, value);
    default:
      return consoles.failure(`Unknown parameter: ${parameter}`);
  }
}

function setDelimiter(consoles: Consoles, repl: Repl | undefined, value: string): string {
  if (repl === undefined) return consoles.failure(noConsoleForDelimiter);
  if (repl.delimiter === wireDelimiter) {
    return consoles.failure('Can not install delimiter for net box sessions');
  }
  repl.delimiter = value;
  return consoles.answer({ ok: true, results: [] });
}

/** What the real server says where there is no console whose delimiter could be changed. */
export const noConsoleForDelimiter =
  'builtin/box/console.lua:253: console.delimiter(): need existing console';

function setOutput(consoles: Consoles, value: string | undefined): string {
  const format = parseOutput(value);
  if (typeof format === 'string') return consoles.failure(format);
  consoles.output = format;
  return consoles.success();
}

/** Reads `yaml`, `lua`, `lua,block`. @returns what is wrong with it, as text */
export function parseOutput(value: string | undefined): OutputFormat | string {
  if (value === undefined) return 'Specify output format: lua or yaml.';
  const [, fmt = value, opts] = /^([^,]+),([^,]+)$/.exec(value) ?? [];
  if (fmt !== 'yaml' && fmt !== 'lua') {
    return `Invalid format "${value}", supported languages: lua and yaml.`;
  }
  if (fmt === 'lua' && opts !== undefined && opts !== 'line' && opts !== 'block') {
    return `Wrong option "${opts}", expecting: line or block.`;
  }
  return { fmt, opts };
}

function setLanguage(consoles: Consoles, value: string | undefined): string {
  if (value === undefined) {
    return consoles.answer({ ok: true, results: [table(record({ language: string('lua') }))] });
  }
  if (value === 'lua') return consoles.success();
  return consoles.failure(
    value === 'sql'
      ? 'SQL is not available: Bee has the Lua language only'
      : `Invalid language "${value}", supported languages: lua and sql.`,
  );
}
