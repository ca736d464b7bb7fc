/**
 * Reads one line of the shell into a list of pipelines, the way bash does for the part of its language that is here:
 * quotes, escapes, `$NAME`, globs and `~` (marked, expanded later by expand.ts), `&&`, `||`, `;`, `|`, redirections and
 * comments. Nothing is executed and no file is looked at.
 */

/** A piece of a word: text, or a variable's name. Quoted pieces are taken literally: no glob, no `~`. */
export interface Piece {
  readonly kind: 'text' | 'variable';
  readonly value: string;
  readonly quoted: boolean;
}

export type Word = readonly Piece[];

export interface Redirect {
  /** 0 standard input, 1 output, 2 errors. */
  readonly fd: 0 | 1 | 2;
  readonly how: 'read' | 'replace' | 'append' | 'to-output';
  /** Empty for 'to-output' (`2>&1`). */
  readonly target: Word;
}

export interface Command {
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
}

export interface Pipeline {
  readonly commands: readonly Command[];
  /** When it runs: always, or only if what came before succeeded or failed. */
  readonly when: 'always' | 'success' | 'failure';
}

export type Parsed =
  | { readonly kind: 'list'; readonly pipelines: readonly Pipeline[] }
  /** An open quote, a trailing backslash, a trailing `&&`: more lines are needed. */
  | { readonly kind: 'incomplete' }
  /** bash's words after `bash: `. */
  | { readonly kind: 'error'; readonly message: string };

type Token =
  | { readonly kind: 'word'; readonly word: Word }
  | { readonly kind: 'operator'; readonly text: string };

const blank = /[ \t]/;
const operators = [
  '2>&1',
  '2>>',
  '2>',
  '1>>',
  '1>',
  '&&',
  '||',
  '>>',
  ';;',
  ';',
  '|',
  '&',
  '>',
  '<',
  '(',
  ')',
  '\n',
];

/** Parses a line, or several lines when the first ones were incomplete. */
export function parse(line: string): Parsed {
  const tokens = tokenize(line);
  if (tokens === 'incomplete') return { kind: 'incomplete' };
  const pipelines: Pipeline[] = [];
  let when: Pipeline['when'] = 'always';
  let commands: Command[] = [];
  let words: Word[] = [];
  let redirects: Redirect[] = [];
  /** The operator that still needs a command after it. */
  let open = '';

  const isEmpty = (): boolean => words.length === 0 && redirects.length === 0;
  const endCommand = (): void => {
    commands.push({ words, redirects });
    words = [];
    redirects = [];
  };
  const unexpected = (text: string): Parsed => ({
    kind: 'error',
    message: `syntax error near unexpected token \`${text === '\n' ? 'newline' : text}'`,
  });

  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.kind === 'word') {
      words.push(token.word);
      open = '';
      continue;
    }
    const { text } = token;
    if (text === '2>&1') {
      redirects.push({ fd: 2, how: 'to-output', target: [] });
      continue;
    }
    if (text.includes('>') || text === '<') {
      const target = tokens[++at];
      if (target?.kind !== 'word') return unexpected(target?.text ?? 'newline');
      redirects.push({
        fd: text === '<' ? 0 : text.startsWith('2') ? 2 : 1,
        how: text === '<' ? 'read' : text.endsWith('>>') ? 'append' : 'replace',
        target: target.word,
      });
      open = '';
      continue;
    }
    if (text === '&')
      return { kind: 'error', message: 'no background jobs here: use another terminal' };
    if (text === '(' || text === ')' || text === ';;') return unexpected(text);
    if (text === '\n' && isEmpty()) continue;
    if (isEmpty()) return unexpected(text);
    endCommand();
    if (text === '|') {
      open = text;
      continue;
    }
    pipelines.push({ commands, when });
    commands = [];
    when = text === '&&' ? 'success' : text === '||' ? 'failure' : 'always';
    open = text === '&&' || text === '||' ? text : '';
  }
  if (open !== '' && isEmpty()) return { kind: 'incomplete' };
  if (!isEmpty()) {
    endCommand();
    pipelines.push({ commands, when });
  }
  return { kind: 'list', pipelines };
}

function tokenize(line: string): Token[] | 'incomplete' {
  const tokens: Token[] = [];
  let pieces: Piece[] | undefined;
  let at = 0;

  const add = (kind: Piece['kind'], value: string, quoted: boolean): void => {
    pieces ??= [];
    const last = pieces.at(-1);
    if (kind === 'text' && last?.kind === 'text' && last.quoted === quoted) {
      pieces[pieces.length - 1] = { kind, value: last.value + value, quoted };
    } else {
      pieces.push({ kind, value, quoted });
    }
  };
  const endWord = (): void => {
    if (pieces !== undefined) tokens.push({ kind: 'word', word: pieces });
    pieces = undefined;
  };
  /** Reads `$NAME`, `${NAME}` or `$?` at `at`; false when it is a plain dollar. */
  const variable = (quoted: boolean): boolean => {
    const match = /^\$(?:([A-Za-z_]\w*|[?$])|\{([A-Za-z_]\w*|[?$])\})/.exec(line.slice(at));
    if (match === null) return false;
    add('variable', match[1] ?? match[2] ?? '', quoted);
    at += match[0].length;
    return true;
  };

  while (at < line.length) {
    const char = line.charAt(at);
    if (blank.test(char)) {
      endWord();
      at++;
    } else if (char === '#' && pieces === undefined) {
      const end = line.indexOf('\n', at);
      at = end < 0 ? line.length : end;
    } else if (char === '\\') {
      const next = line.charAt(at + 1);
      if (next === '') return 'incomplete';
      if (next !== '\n') add('text', next, true);
      at += 2;
    } else if (char === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) return 'incomplete';
      add('text', line.slice(at + 1, end), true);
      at = end + 1;
    } else if (char === '"') {
      add('text', '', true);
      at++;
      while (line.charAt(at) !== '"') {
        if (at >= line.length) return 'incomplete';
        if (line.charAt(at) === '$' && variable(true)) continue;
        if (line.charAt(at) === '\\' && /["\\$`\n]/.test(line.charAt(at + 1))) at++;
        if (at >= line.length) return 'incomplete';
        add('text', line.charAt(at++), true);
      }
      at++;
    } else if (char === '$' && variable(false)) {
      // Read whole by `variable`.
    } else {
      const operator = operators.find(
        // `2>` is a redirection only where a word begins: `echo a2>b` writes "a2" to b.
        (text) => line.startsWith(text, at) && (pieces === undefined || !/^\d/.test(text)),
      );
      if (operator === undefined) {
        add('text', char, false);
        at++;
      } else {
        endWord();
        tokens.push({ kind: 'operator', text: operator });
        at += operator.length;
      }
    }
  }
  endWord();
  return tokens;
}
