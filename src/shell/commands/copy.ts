/** cp and mv. */
import { type CommandContext, type CommandDefinition, quoted, readOptions } from '../command.ts';
import { strerror } from '../file-system.ts';
import { baseName, join, resolve } from '../path.ts';
import type { ShellTask } from '../task.ts';
import * as files from '../task.ts';

export const cp: CommandDefinition = {
  name: 'cp',
  usage: 'cp [-r] [-v] SOURCE... DESTINATION',
  summary: 'copy files',
  body: (context) => transfer('cp', context, copyOne),
};

export const mv: CommandDefinition = {
  name: 'mv',
  usage: 'mv [-v] SOURCE... DESTINATION',
  summary: 'move or rename files',
  body: (context) => transfer('mv', context, moveOne),
};

interface Transfer {
  readonly context: CommandContext;
  readonly flags: ReadonlySet<string>;
  readonly source: string;
  readonly target: string;
}

/** What both share: operands, and a target directory that the sources go into. */
function* transfer(
  name: 'cp' | 'mv',
  context: CommandContext,
  one: (transfer: Transfer) => ShellTask<boolean>,
): ShellTask<number> {
  const options = readOptions(name, context, name === 'cp' ? 'rRafpv' : 'fv', { recursive: 'r' });
  if (options === undefined) return 1;
  const sources = options.operands.slice(0, -1);
  const destination = options.operands.at(-1);
  if (destination === undefined || sources.length === 0) {
    context.err(
      destination === undefined
        ? `${name}: missing file operand`
        : `${name}: missing destination file operand after ${quoted(destination)}`,
    );
    context.err(`Try '${name} --help' for more information.`);
    return 1;
  }
  const target = yield* files.stat(resolve(context.shell.cwd, destination));
  const isDirectory = target.ok && target.value.kind === 'directory';
  if (!isDirectory && (sources.length > 1 || destination.endsWith('/'))) {
    const why = target.ok ? 'Not a directory' : strerror(target.error);
    context.err(`${name}: target ${quoted(destination)}: ${why}`);
    return 1;
  }
  let status = 0;
  for (const source of sources) {
    const path = isDirectory ? join(destination, baseName(source)) : destination;
    const isDone = yield* one({ context, flags: options.flags, source, target: path });
    if (!isDone) status = 1;
    else if (options.flags.has('v')) {
      context.out(`${name === 'mv' ? 'renamed ' : ''}'${source}' -> '${path}'\n`);
    }
  }
  return status;
}

function* copyOne({ context, flags, source, target }: Transfer): ShellTask<boolean> {
  const from = resolve(context.shell.cwd, source);
  const to = resolve(context.shell.cwd, target);
  const complain = (text: string): false => {
    context.err(`cp: ${text}`);
    return false;
  };
  const found = yield* files.stat(from);
  if (!found.ok) return complain(`cannot stat ${quoted(source)}: ${strerror(found.error)}`);
  if (from === to) return complain(`${quoted(source)} and ${quoted(target)} are the same file`);
  if (found.value.kind === 'file') {
    const there = yield* files.stat(to);
    if (there.ok && there.value.kind === 'directory') {
      return complain(`cannot overwrite directory ${quoted(target)} with non-directory`);
    }
    const bytes = yield* files.read(from);
    if (!bytes.ok) return complain(`error reading ${quoted(source)}: ${strerror(bytes.error)}`);
    const written = yield* files.write(to, bytes.value, 'replace');
    if (written.ok) return true;
    return complain(`cannot create regular file ${quoted(target)}: ${strerror(written.error)}`);
  }
  if (!['r', 'R', 'a'].some((flag) => flags.has(flag))) {
    return complain(`-r not specified; omitting directory ${quoted(source)}`);
  }
  if (to.startsWith(`${from}/`)) {
    return complain(`cannot copy a directory, ${quoted(source)}, into itself, ${quoted(target)}`);
  }
  const made = yield* files.mkdir(to);
  if (!made.ok && made.error.code !== 'EEXIST') {
    return complain(`cannot create directory ${quoted(target)}: ${strerror(made.error)}`);
  }
  const entries = yield* files.list(from);
  if (!entries.ok) return complain(`cannot access ${quoted(source)}: ${strerror(entries.error)}`);
  let isComplete = true;
  for (const entry of entries.value) {
    const inner = { source: join(source, entry.name), target: join(target, entry.name) };
    if (!(yield* copyOne({ context, flags, ...inner }))) isComplete = false;
  }
  return isComplete;
}

function* moveOne({ context, source, target }: Transfer): ShellTask<boolean> {
  const from = resolve(context.shell.cwd, source);
  const to = resolve(context.shell.cwd, target);
  const complain = (text: string): false => {
    context.err(`mv: ${text}`);
    return false;
  };
  const found = yield* files.stat(from);
  if (!found.ok) return complain(`cannot stat ${quoted(source)}: ${strerror(found.error)}`);
  if (from === to) return complain(`${quoted(source)} and ${quoted(target)} are the same file`);
  if (to.startsWith(`${from}/`)) {
    return complain(`cannot move ${quoted(source)} to a subdirectory of itself, ${quoted(target)}`);
  }
  const there = yield* files.stat(to);
  if (there.ok && there.value.kind !== found.value.kind) {
    return complain(
      found.value.kind === 'directory'
        ? `cannot overwrite non-directory ${quoted(target)} with directory ${quoted(source)}`
        : `cannot overwrite directory ${quoted(target)} with non-directory`,
    );
  }
  const renamed = yield* files.rename(from, to);
  if (renamed.ok) return true;
  return complain(`cannot move ${quoted(source)} to ${quoted(target)}: ${strerror(renamed.error)}`);
}
