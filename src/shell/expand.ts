import type { Word } from './parser.ts';
import { join, resolve } from './path.ts';
import { list, type ShellTask } from './task.ts';

/** What expansion looks at. */
export interface ExpandContext {
  readonly cwd: string;
  readonly home: string;
  variable(name: string): string;
}

/**
 * Expands `~`, variables and globs in the words of one command, in bash's order. A glob that matches nothing stays as it
 * was typed, which is why `rm -R dir/*` of an empty directory complains about a file named `*`.
 */
export function* expand(words: readonly Word[], context: ExpandContext): ShellTask<string[]> {
  const result: string[] = [];
  for (const word of words) {
    const { text, pattern } = flatten(word, context);
    const matches = pattern === undefined ? [] : yield* glob(pattern, context.cwd);
    if (matches.length > 0) result.push(...matches);
    // An unset variable outside quotes leaves no word at all, not an empty one.
    else if (text !== '' || word.some((piece) => piece.quoted)) result.push(text);
  }
  return result;
}

/** Expands a word that never globs: a redirection's target. */
export function expandPlain(word: Word, context: ExpandContext): string {
  return flatten(word, context).text;
}

/** A glob's parts: text between slashes, each character with whether it may act as a wildcard. */
type Pattern = readonly { readonly char: string; readonly isWild: boolean }[];

function flatten(
  word: Word,
  context: ExpandContext,
): { text: string; pattern: Pattern | undefined } {
  const chars: { char: string; isWild: boolean }[] = [];
  word.forEach((piece, index) => {
    let value = piece.kind === 'variable' ? context.variable(piece.value) : piece.value;
    const isTilde = index === 0 && piece.kind === 'text' && !piece.quoted && /^~(\/|$)/.test(value);
    if (isTilde && (value !== '~' || word.length === 1)) {
      for (const char of context.home) chars.push({ char, isWild: false });
      value = value.slice(1);
    }
    for (const char of value) chars.push({ char, isWild: !piece.quoted && '*?['.includes(char) });
  });
  const text = chars.map((one) => one.char).join('');
  return { text, pattern: chars.some((one) => one.isWild) ? chars : undefined };
}

function* glob(pattern: Pattern, cwd: string): ShellTask<string[]> {
  let found: string[] = [''];
  let part: { char: string; isWild: boolean }[] = [];
  const parts: (typeof part)[] = [];
  for (const one of pattern) {
    if (one.char === '/') {
      parts.push(part);
      part = [];
    } else {
      part.push(one);
    }
  }
  parts.push(part);

  for (const [index, chars] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const literal = chars.map((one) => one.char).join('');
    const next: string[] = [];
    for (const prefix of found) {
      if (!chars.some((one) => one.isWild)) {
        next.push(prefix + literal + (isLast ? '' : '/'));
        continue;
      }
      const matcher = toRegExp(chars);
      const entries = yield* list(resolve(cwd, prefix === '' ? '.' : prefix));
      if (!entries.ok) continue;
      for (const entry of entries.value) {
        if (entry.name.startsWith('.') && !literal.startsWith('.')) continue;
        if (!matcher.test(entry.name)) continue;
        if (!isLast && entry.kind !== 'directory') continue;
        next.push((prefix === '' ? entry.name : join(prefix, entry.name)) + (isLast ? '' : '/'));
      }
    }
    found = next;
  }
  if (parts.at(-1)?.some((one) => one.isWild)) return found;
  // The wildcard stood in the middle (`*/init.lua`): keep only what is really there.
  const existing: string[] = [];
  for (const path of found) {
    const entries = yield* list(resolve(cwd, `${path}/..`));
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name === '' || (entries.ok && entries.value.some((entry) => entry.name === name))) {
      existing.push(path);
    }
  }
  return existing;
}

function toRegExp(chars: Pattern): RegExp {
  let source = '';
  for (let at = 0; at < chars.length; at++) {
    const { char, isWild } = chars[at] ?? { char: '', isWild: false };
    if (isWild && char === '*') source += '.*';
    else if (isWild && char === '?') source += '.';
    else if (isWild && char === '[') {
      const end = chars.findIndex((one, index) => index > at + 1 && one.char === ']');
      if (end < 0) {
        source += '\\[';
        continue;
      }
      const set = chars
        .slice(at + 1, end)
        .map((one) => one.char)
        .join('');
      const isNegated = set.startsWith('!') || set.startsWith('^');
      source += `[${isNegated ? '^' : ''}${set.slice(isNegated ? 1 : 0).replace(/[\\\]^]/g, '\\$&')}]`;
      at = end;
    } else {
      source += char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    }
  }
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch {
    // A range that runs backwards, `[z-a]`: it matches nothing, as in bash.
    return /$^/;
  }
}
