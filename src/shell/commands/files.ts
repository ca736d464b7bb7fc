/** Commands that change the file system: mkdir, rmdir, touch, rm. cp and mv are in copy.ts. */
import { type CommandContext, type CommandDefinition, quoted, readOptions } from '../command.ts';
import { strerror } from '../file-system.ts';
import { baseName, join, resolve } from '../path.ts';
import type { ShellTask } from '../task.ts';
import * as files from '../task.ts';

export const mkdir: CommandDefinition = {
  name: 'mkdir',
  usage: 'mkdir [-p] [-v] DIRECTORY...',
  summary: 'make directories',
  *body(context) {
    const options = readOptions('mkdir', context, 'pv', { parents: 'p', verbose: 'v' });
    if (options === undefined || isMissing('mkdir', context, options.operands)) return 1;
    let status = 0;
    for (const operand of options.operands) {
      const parents = options.flags.has('p');
      const steps = parents ? leadingPaths(operand) : [operand];
      for (const [index, path] of steps.entries()) {
        const made = yield* files.mkdir(resolve(context.shell.cwd, path));
        if (made.ok) {
          if (options.flags.has('v')) context.out(`mkdir: created directory '${path}'\n`);
          continue;
        }
        if (parents && made.error.code === 'EEXIST') {
          const there = yield* files.stat(resolve(context.shell.cwd, path));
          if (there.ok && there.value.kind === 'directory') continue;
        }
        const why =
          parents && made.error.code === 'EEXIST' && index < steps.length - 1
            ? 'Not a directory'
            : strerror(made.error);
        context.err(`mkdir: cannot create directory ‘${path}’: ${why}`);
        status = 1;
        break;
      }
    }
    return status;
  },
};

/** `a/b/c` as `a`, `a/b`, `a/b/c`. */
function leadingPaths(path: string): string[] {
  const paths: string[] = [];
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
    if (path[at - 1] !== '/') paths.push(path.slice(0, at));
  }
  if (!path.endsWith('/')) paths.push(path);
  return paths;
}

export const rmdir: CommandDefinition = {
  name: 'rmdir',
  usage: 'rmdir DIRECTORY...',
  summary: 'remove empty directories',
  *body(context) {
    const options = readOptions('rmdir', context, '');
    if (options === undefined || isMissing('rmdir', context, options.operands)) return 1;
    let status = 0;
    for (const operand of options.operands) {
      const removed = yield* files.rmdir(resolve(context.shell.cwd, operand));
      if (removed.ok) continue;
      context.err(`rmdir: failed to remove ${quoted(operand)}: ${strerror(removed.error)}`);
      status = 1;
    }
    return status;
  },
};

export const touch: CommandDefinition = {
  name: 'touch',
  usage: 'touch FILE...',
  summary: 'make empty files, or set their time to now',
  *body(context) {
    const options = readOptions('touch', context, 'acm');
    if (options === undefined) return 1;
    if (options.operands.length === 0) {
      context.err('touch: missing file operand');
      context.err("Try 'touch --help' for more information.");
      return 1;
    }
    let status = 0;
    for (const operand of options.operands) {
      const touched = yield* files.touch(resolve(context.shell.cwd, operand));
      if (touched.ok) continue;
      context.err(`touch: cannot touch ${quoted(operand)}: ${strerror(touched.error)}`);
      status = 1;
    }
    return status;
  },
};

export const rm: CommandDefinition = {
  name: 'rm',
  usage: 'rm [-r] [-R] [-f] [-v] FILE...',
  summary: 'remove files, with -R whole directories',
  *body(context) {
    const options = readOptions('rm', context, 'rRfvi', {
      recursive: 'r',
      force: 'f',
      verbose: 'v',
    });
    if (options === undefined) return 1;
    const isForced = options.flags.has('f');
    if (options.operands.length === 0) {
      if (isForced) return 0;
      isMissing('rm', context, []);
      return 1;
    }
    const how: Removal = {
      context,
      isRecursive: options.flags.has('r') || options.flags.has('R'),
      isForced,
      isVerbose: options.flags.has('v'),
    };
    let status = 0;
    for (const operand of options.operands) {
      if (!(yield* removeOperand(how, operand))) status = 1;
    }
    return status;
  },
};

interface Removal {
  readonly context: CommandContext;
  readonly isRecursive: boolean;
  readonly isForced: boolean;
  readonly isVerbose: boolean;
}

function* removeOperand(how: Removal, operand: string): ShellTask<boolean> {
  const { context } = how;
  const path = resolve(context.shell.cwd, operand);
  if (how.isRecursive && ['.', '..'].includes(baseName(operand))) {
    context.err(`rm: refusing to remove '.' or '..' directory: skipping ${quoted(operand)}`);
    return false;
  }
  if (how.isRecursive && path === '/') {
    context.err("rm: it is dangerous to operate recursively on '/'");
    context.err('rm: use --no-preserve-root to override this failsafe');
    return false;
  }
  return yield* remove(how, operand, path);
}

function* remove(how: Removal, shown: string, path: string): ShellTask<boolean> {
  const { context } = how;
  const complain = (why: string): false => {
    context.err(`rm: cannot remove ${quoted(shown)}: ${why}`);
    return false;
  };
  const found = yield* files.stat(path);
  if (!found.ok) {
    // Not there is what -f asks for; nothing is there below a file.
    const isAbsent = found.error.code === 'ENOENT' || found.error.code === 'ENOTDIR';
    return how.isForced && isAbsent ? true : complain(strerror(found.error));
  }
  if (found.value.kind === 'file') {
    const removed = yield* files.unlink(path);
    if (!removed.ok) return complain(strerror(removed.error));
    if (how.isVerbose) context.out(`removed '${shown}'\n`);
    return true;
  }
  if (!how.isRecursive) return complain('Is a directory');
  const entries = yield* files.list(path);
  if (!entries.ok) return complain(strerror(entries.error));
  let isClean = true;
  for (const entry of entries.value) {
    if (!(yield* remove(how, join(shown, entry.name), join(path, entry.name)))) isClean = false;
  }
  if (!isClean) return false;
  const removed = yield* files.rmdir(path);
  if (!removed.ok) return complain(strerror(removed.error));
  if (how.isVerbose) context.out(`removed directory '${shown}'\n`);
  return true;
}

function isMissing(name: string, context: CommandContext, operands: readonly string[]): boolean {
  if (operands.length > 0) return false;
  context.err(`${name}: missing operand`);
  context.err(`Try '${name} --help' for more information.`);
  return true;
}
