/** Turns what a terminal sends (xterm's `onData`) into keys. */
export type Key =
  | { readonly kind: 'text'; readonly text: string }
  /** Between the marks of a bracketed paste, newlines as \n, control characters taken out, tabs as spaces. */
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'key'; readonly name: KeyName };

/**
 * `C-x` with Ctrl, `M-x` with Alt (or after Esc), as readline's manual writes them; other keys by their names.
 */
export type KeyName = string;

const sequences: Readonly<Record<string, string>> = {
  '\x1b[A': 'up',
  '\x1b[B': 'down',
  '\x1b[C': 'right',
  '\x1b[D': 'left',
  '\x1bOA': 'up',
  '\x1bOB': 'down',
  '\x1bOC': 'right',
  '\x1bOD': 'left',
  '\x1b[H': 'home',
  '\x1b[F': 'end',
  '\x1bOH': 'home',
  '\x1bOF': 'end',
  '\x1b[1~': 'home',
  '\x1b[4~': 'end',
  '\x1b[2~': 'insert',
  '\x1b[3~': 'delete',
  '\x1b[5~': 'page-up',
  '\x1b[6~': 'page-down',
  '\x1b[1;5C': 'M-f',
  '\x1b[1;5D': 'M-b',
  '\x1b[1;3C': 'M-f',
  '\x1b[1;3D': 'M-b',
  '\x1b[1;5A': 'up',
  '\x1b[1;5B': 'down',
  '\x1b[3;5~': 'M-d',
  '\x1b[3;3~': 'M-d',
  '\x1b[Z': 'S-tab',
  '\x1b\x7f': 'M-backspace',
  '\x1b\b': 'M-backspace',
};

const pasteStart = '\x1b[200~';
const pasteEnd = '\x1b[201~';

/**
 * Reads keys from terminal data. Keeps what is incomplete for the next call: a paste may come in pieces, and Esc may be
 * pressed before the key that it modifies.
 */
export class KeyDecoder {
  #rest = '';
  #paste: string | undefined;

  decode(data: string): Key[] {
    const keys: Key[] = [];
    let text = this.#rest + data;
    this.#rest = '';
    while (text !== '') {
      if (this.#paste !== undefined) {
        const end = text.indexOf(pasteEnd);
        this.#paste += end < 0 ? text : text.slice(0, end);
        if (end < 0) break;
        keys.push({ kind: 'paste', text: cleanPaste(this.#paste) });
        this.#paste = undefined;
        text = text.slice(end + pasteEnd.length);
        continue;
      }
      if (text.startsWith(pasteStart)) {
        this.#paste = '';
        text = text.slice(pasteStart.length);
        continue;
      }
      const length = this.#one(text, keys);
      if (length === 0) {
        this.#rest = text;
        break;
      }
      text = text.slice(length);
    }
    return keys;
  }

  /** Reads one key from the start of `text`; 0 when more is needed to tell which. */
  #one(text: string, keys: Key[]): number {
    const first = text.charAt(0);
    if (first === '\x1b') return this.#escape(text, keys);
    const code = first.charCodeAt(0);
    if (code < 0x20 || code === 0x7f) {
      keys.push({ kind: 'key', name: controlName(code) });
      return 1;
    }
    const run = /^[^\x00-\x1f\x7f]+/.exec(text)?.[0] ?? first;
    keys.push({ kind: 'text', text: run });
    return run.length;
  }

  #escape(text: string, keys: Key[]): number {
    if (text.length === 1) return 0;
    // Ctrl-C is Ctrl-C whatever was pressed before: a real terminal makes a signal of it.
    if (text[1] === '\x03') {
      keys.push({ kind: 'key', name: 'C-c' });
      return 2;
    }
    const sequence = /^\x1b(?:\[[\d;?]*[ -/]*[@-~]|O[A-Za-z])/.exec(text)?.[0];
    if (sequence !== undefined) {
      const name = sequences[sequence];
      // Sequences without a meaning here (focus reports, function keys) are swallowed, not typed.
      if (name !== undefined) keys.push({ kind: 'key', name });
      return sequence.length;
    }
    if (/^\x1b\[[\d;?]*$/.test(text) || text === '\x1bO') return 0;
    const [next = ''] = text.slice(1);
    const known = sequences[`\x1b${next}`];
    keys.push({
      kind: 'key',
      name: known ?? (next < ' ' ? `M-${controlName(next.charCodeAt(0))}` : `M-${next}`),
    });
    return 1 + next.length;
  }
}

function controlName(code: number): string {
  switch (code) {
    case 0x7f:
    case 0x08:
      return 'backspace';
    case 0x09:
      return 'tab';
    case 0x0a:
    case 0x0d:
      return 'enter';
    case 0x1f:
      return 'C-_';
    default:
      return `C-${String.fromCharCode(code + 0x60)}`;
  }
}

function cleanPaste(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', '    ')
    .replace(/[\x00-\x09\x0b-\x1f\x7f]/g, '');
}
