import { resolve } from './path.ts';
import { commandNames } from './shell.ts';
import { list, type ShellTask } from './task.ts';
import type { Completion } from './terminal-port.ts';

/**
 * What Tab offers at the shell's prompt: commands for the first word, then files.
 * @param text the line
 * @param cursor only what stands before it counts
 */
export function* completeShell(
  text: string,
  cursor: number,
  where: { readonly cwd: string; readonly home: string },
): ShellTask<Completion> {
  const before = text.slice(0, cursor);
  const word = /(?:\\.|[^\s;|&<>])*$/.exec(before)?.[0] ?? '';
  const from = cursor - word.length;
  const isFirst = /(?:^|[;|&])\s*$/.test(before.slice(0, from));
  if (isFirst && !word.includes('/') && !word.startsWith('~')) {
    const names = commandNames().filter((name) => name.startsWith(word));
    return { from, words: names.map((name) => `${name} `) };
  }
  const typed = word.replace(/\\(.)/g, '$1').replace(/^['"]/, '');
  const slash = typed.lastIndexOf('/');
  const directory = slash < 0 ? '.' : typed.slice(0, slash + 1);
  const prefix = typed.slice(slash + 1);
  const entries = yield* list(resolve(where.cwd, directory.replace(/^~(?=\/|$)/, where.home)));
  if (!entries.ok) return { from, words: [] };
  const words = entries.value
    .filter(({ name }) => name.startsWith(prefix) && (prefix !== '' || !name.startsWith('.')))
    .map(({ name, kind }) => {
      const path = (slash < 0 ? '' : directory) + name;
      return path.replace(/[\s'"\\$&;|<>()*?[\]]/g, '\\$&') + (kind === 'directory' ? '/' : ' ');
    });
  return { from, words };
}
