/**
 * One terminal's behaviour, without its screen: the line being edited, what is printed above it, what was typed ahead.
 *
 * 1. The page hands it what xterm sends (`input`) and what programs say (`output`, `log`, `error`, `prompt`).
 * 2. While a program waits for a line (`prompt`), keys go to the `LineEditor`, and `PromptView` draws what changed. What is
 *    printed meanwhile goes above: the line is taken off the screen, the text printed, the line drawn again.
 * 3. While a program runs, or a completion is looked for, keys wait, as a real terminal's do. Ctrl-C does not wait.
 * 4. Enter leaves the line on the screen and hands it out (`onLine`). A statement of several lines goes out line by line,
 *    each when the program asks; so do the lines of a paste. What a paste holds after its last newline stays to be edited.
 *
 * What a real terminal does and this one does not: it echoes at once what is typed while a program runs.
 */
import { History } from './history.ts';
import { type Key, KeyDecoder } from './keys.ts';
import { type EditorEffect, LineEditor } from './line-editor.ts';
import { LogFold, withCount } from './log-fold.ts';
import { type PromptLook, PromptView } from './prompt-view.ts';
import { styleError, styleLog, styleOutput } from './style.ts';
import type { Prompt, TerminalPort } from './terminal-port.ts';
import { Transcript } from './transcript.ts';
import { textWidth } from './width.ts';
import { commonPrefix, listWords } from './word-list.ts';

/** Keys that wait for a prompt: more than anybody types, less than a stuck key in a minute. */
const aheadMax = 10_000;

/** A line that will be entered by itself, or text that will stand in the editor. */
interface Pending {
  readonly text: string;
  readonly isEntered: boolean;
}

export class Terminal {
  readonly transcript: Transcript;
  readonly #port: TerminalPort;
  readonly #view: PromptView;
  #decoder = new KeyDecoder();
  readonly #fold = new LogFold();
  #editor = new LineEditor(new History());
  #prompt: Prompt | undefined;
  #isPrompting = false;
  /** The statement that continuation lines belong to, as the history has it. */
  #entry = '';
  #ahead: Key[] = [];
  #pending: Pending[] = [];
  #completionTicket = 0;
  #isCompleting = false;

  constructor(port: TerminalPort, columns: number, rows: number, transcript = new Transcript()) {
    this.#port = port;
    this.#view = new PromptView(columns, rows);
    this.transcript = transcript;
  }

  /** True while a program waits for a line. */
  get isPrompting(): boolean {
    return this.#isPrompting;
  }

  /** True while it waits for the rest of a statement or command. */
  get isContinuing(): boolean {
    return this.#isPrompting && this.#prompt?.isContinuation === true;
  }

  /** True while lines of a paste or of a statement wait for their turn. */
  get hasPending(): boolean {
    return this.#pending.some((pending) => pending.isEntered);
  }

  /** The search that Ctrl-R began, while it goes on. */
  get search(): LineEditor['search'] {
    return this.#editor.search;
  }

  /** The text in the editor. */
  get text(): string {
    return this.#editor.text;
  }

  get columns(): number {
    return this.#view.columns;
  }

  get rows(): number {
    return this.#view.rows;
  }

  /** SGR parameters for prompts. */
  set promptStyle(style: string) {
    this.#view.promptStyle = style;
  }

  /** What the screen must be told before it changes its size; then call `resized`. */
  erase(): void {
    this.#write(this.#view.erase());
  }

  /** The screen has another size. Draws the edited line anew. */
  resized(columns: number, rows: number): void {
    this.#view.columns = columns;
    this.#view.rows = rows;
    this.#draw();
  }

  /** What xterm sends. */
  input(data: string): void {
    // Esc by itself ends a search and keeps what was found, as readline's does; it begins no Alt then.
    if (data === '\x1b' && this.search !== undefined) {
      this.#key({ kind: 'key', name: 'escape' });
      return;
    }
    for (const key of this.#decoder.decode(data)) this.#key(key);
  }

  /** Forgets the beginning of a key sequence: an Esc that was meant for the page. */
  forgetKeys(): void {
    this.#decoder = new KeyDecoder();
  }

  /** A program wants a line. */
  prompt(prompt: Prompt): void {
    if (!this.transcript.isAtLineStart) this.#print('\n');
    if (this.#prompt?.history !== prompt.history) this.#editor.reset(prompt.history);
    else this.#editor.reset();
    if (!prompt.isContinuation) this.#entry = '';
    this.#prompt = prompt;
    this.#isPrompting = true;
    this.#pump();
    if (this.#isPrompting) this.#draw();
  }

  /** No line is wanted any more: the program ended while its prompt stood there. The line is left as it is. */
  withdrawPrompt(): void {
    if (!this.#isPrompting) return;
    this.#leaveLine();
    this.#pending = [];
  }

  /** What a program prints, \n for newline. */
  output(text: string): void {
    if (text === '') return;
    this.#fold.interrupt();
    this.#printAbove(styleOutput(text, this.transcript.isAtLineStart));
  }

  /** A line of a shell command's error message, or another trouble. */
  error(line: string): void {
    this.#fold.interrupt();
    this.#printAbove(`${styleError(line)}\n`);
  }

  /** A line that is the page's own word, not a program's. */
  note(line: string): void {
    this.#fold.interrupt();
    this.#printAbove(`\x1b[3;90m${line}\x1b[0m\n`);
  }

  /** A log line of a server; repeats are folded. */
  log(text: string, level: string): void {
    const { removed, lines } = this.#fold.add(text, level);
    const before = this.#isPrompting ? this.#view.erase() : '';
    let removal = '';
    if (removed > 0) {
      const taken = this.transcript.removeLast(removed);
      const rows = taken.reduce((sum, line) => sum + this.#rowsOf(line), 0);
      removal = rows > 0 ? `\r\x1b[${rows}A\x1b[J` : '';
    } else if (!this.transcript.isAtLineStart) {
      removal = '\r\n';
      this.transcript.add('\n');
    }
    const printed = lines.map((line) => `${styleLog(withCount(line), line.level)}\n`).join('');
    this.transcript.add(printed);
    this.#write(before + removal + toScreen(printed));
    this.#draw();
  }

  /** Empties screen and scrollback. */
  clear(): void {
    this.#fold.interrupt();
    this.transcript.clear();
    this.#write(`${this.#view.erase()}\x1b[3J\x1b[2J\x1b[H`);
    this.#draw();
  }

  /**
   * Begins to type for the reader: what is in the editor gives way.
   * @returns it, to be typed again afterwards; what has several lines is only a Ctrl-Y away
   */
  startTyping(): string {
    const { text } = this.#editor;
    if (text !== '') this.#editor.killAll();
    this.#draw();
    return text.includes('\n') ? '' : text;
  }

  /** Types some characters, as if by the keyboard. */
  type(text: string): void {
    if (!this.#isPrompting) return;
    this.#editor.insert(text);
    this.#draw();
  }

  /** Presses Enter. */
  enter(): void {
    if (this.#isPrompting) this.#submit(this.#editor.text);
  }

  #key(key: Key): void {
    if (key.kind === 'key' && key.name === 'C-c') {
      this.#interrupt();
      return;
    }
    // A completion may take a while to come; what is typed behind Tab stands behind it, as in readline.
    if (!this.#canTakeKeys) {
      if (this.#ahead.length < aheadMax) this.#ahead.push(key);
      return;
    }
    if (key.kind === 'paste') {
      this.#paste(key.text);
      return;
    }
    this.#apply(this.#editor.key(key));
  }

  #apply(effect: EditorEffect): void {
    switch (effect.kind) {
      case 'submit':
        this.#submit(effect.text);
        return;
      case 'end-of-input':
        this.#leaveLine();
        this.#port.onEndOfInput();
        return;
      case 'clear-screen':
        this.#write(`${this.#view.erase()}\x1b[2J\x1b[H`);
        break;
      case 'complete':
        this.#draw();
        this.#complete(effect.isSecond);
        return;
      case 'bell':
      case 'none':
      case 'interrupt':
        break;
    }
    this.#draw();
  }

  /** The lines that a newline ends are entered, one after the other; what follows stays in the editor. */
  #paste(text: string): void {
    const lines = text.split('\n');
    if (lines.length === 1) {
      this.#editor.insert(text);
      this.#draw();
      return;
    }
    const { text: line, cursor } = this.#editor;
    lines[0] = line.slice(0, cursor) + lines[0];
    lines[lines.length - 1] += line.slice(cursor);
    this.#enqueue(lines);
  }

  #enqueue(lines: readonly string[]): void {
    const last = lines.length - 1;
    this.#pending.push(...lines.map((text, at) => ({ text, isEntered: at < last })));
    this.#pump();
    if (this.#isPrompting) this.#draw();
  }

  #submit(text: string): void {
    if (!text.includes('\n')) {
      this.#send(text);
      return;
    }
    // Shown again line by line, with the prompts that the program gives.
    this.#write(this.#view.erase());
    const lines = text.split('\n');
    this.#pending.unshift(...lines.map((line) => ({ text: line, isEntered: true })));
    this.#pump();
  }

  #send(text: string): void {
    this.#editor.text = text;
    const history = this.#prompt?.history;
    const isContinuation = this.#prompt?.isContinuation === true;
    this.#leaveLine();
    if (isContinuation) {
      history?.extend(this.#entry, text);
      this.#entry = `${this.#entry}\n${text}`;
    } else {
      history?.add(text);
      this.#entry = text;
    }
    this.#port.onLine(text);
  }

  get #canTakeKeys(): boolean {
    return this.#isPrompting && !this.#isCompleting;
  }

  /** Enters pending lines and keys typed ahead, as long as the program asks for more. */
  #pump(): void {
    while (this.#isPrompting && this.#pending.length > 0) {
      const next = this.#pending.shift();
      if (next === undefined) break;
      this.#editor.reset();
      this.#editor.insert(next.text);
      if (next.isEntered) this.#send(next.text);
    }
    while (this.#canTakeKeys && this.#pending.length === 0 && this.#ahead.length > 0) {
      const key = this.#ahead.shift();
      if (key !== undefined) this.#key(key);
    }
  }

  #interrupt(): void {
    this.#forgetCompletion();
    this.#ahead = [];
    this.#pending = [];
    if (!this.#isPrompting) {
      this.#printAbove('^C\n');
      this.#port.onInterrupt('running');
      return;
    }
    if (this.#editor.search !== undefined) {
      this.#editor.key({ kind: 'key', name: 'C-g' });
      this.#draw();
      return;
    }
    const wasContinuation = this.#prompt?.isContinuation === true;
    const prompt = this.#prompt;
    this.#editor.cursor = this.#editor.text.length;
    this.#editor.insert('^C');
    this.#leaveLine();
    if (wasContinuation) this.#port.onInterrupt('unfinished');
    else if (prompt !== undefined) this.prompt(prompt);
  }

  #complete(isSecond: boolean): void {
    const { text, cursor } = this.#editor;
    const ticket = ++this.#completionTicket;
    this.#isCompleting = true;
    this.#port.onComplete(text, cursor, ({ from, words }) => {
      if (ticket !== this.#completionTicket) return;
      this.#isCompleting = false;
      const isStale = this.#editor.text !== text || this.#editor.cursor !== cursor;
      if (this.#isPrompting && !isStale) this.#takeCompletion(from, words, cursor, isSecond);
      this.#pump();
    });
  }

  #forgetCompletion(): void {
    this.#completionTicket++;
    this.#isCompleting = false;
  }

  #takeCompletion(from: number, words: readonly string[], cursor: number, isSecond: boolean): void {
    const common = commonPrefix(words);
    if (common.length > cursor - from || words.length === 1) {
      this.#editor.replaceBack(from, common);
      this.#draw();
    } else if (isSecond && words.length > 1) {
      this.#showLine();
      this.#printAbove(listWords(words, this.#view.columns));
    }
  }

  /** Prints the edited line as it stands, to go on below: what readline does before it lists completions. */
  #showLine(): void {
    const look = this.#look();
    this.#fold.interrupt();
    this.transcript.add(`${this.#styledLine(look)}\n`);
    this.#write(this.#view.finish(look));
  }

  #leaveLine(): void {
    this.#forgetCompletion();
    this.#showLine();
    this.#isPrompting = false;
  }

  #printAbove(text: string): void {
    if (!this.#isPrompting) {
      this.#print(text);
      return;
    }
    this.#write(this.#view.erase());
    this.#print(text.endsWith('\n') ? text : `${text}\n`);
    this.#draw();
  }

  #print(text: string): void {
    this.transcript.add(text);
    this.#write(toScreen(text));
  }

  #draw(): void {
    if (this.#isPrompting) this.#write(this.#view.draw(this.#look()));
  }

  #look(): PromptLook {
    const { text, cursor, search } = this.#editor;
    const prompt = this.#prompt ?? { text: '', continuation: '' };
    const searching =
      search && `(${search.isFailing ? 'failed ' : ''}reverse-i-search)\`${search.query}': `;
    return { prompt: searching ?? prompt.text, continuation: prompt.continuation, text, cursor };
  }

  #styledLine({ prompt, continuation, text }: PromptLook): string {
    const styled = (part: string): string =>
      this.#view.promptStyle === '' ? part : `\x1b[${this.#view.promptStyle}m${part}\x1b[0m`;
    return styled(prompt) + text.split('\n').join(`\n${styled(continuation)}`);
  }

  #rowsOf(line: string): number {
    return Math.max(1, Math.ceil(textWidth(line.replace(/\x1b\[[\d;]*m/g, '')) / this.columns));
  }

  #write(text: string): void {
    if (text !== '') this.#port.write(text);
  }
}

/** A terminal needs a carriage return with each newline. */
function toScreen(text: string): string {
  return text.replaceAll('\n', '\r\n');
}
