import { chomped, escapeDigits, escapes, folded, foldedLines } from './scalar-text.ts';
import { YamlError } from './value.ts';

/** The text of a scalar without its quotes, escapes and folds. */
export interface ReadScalar {
  readonly text: string;
  readonly isPlain: boolean;
}

/** A place in a text, what stands there, and the scalars that begin there. */
export class ScalarReader {
  /** The number of the document being read, for errors. */
  document = 0;
  #documentStart = 0;
  readonly #text: string;
  #at = 0;
  #lineStart = 0;

  constructor(text: string) {
    // A line may end in CR LF or CR; a scalar has it as LF.
    this.#text = text.replace(/^\ufeff/, '').replace(/\r\n?|\x85/g, '\n');
  }

  /** Of the next character, from 0. */
  get column(): number {
    return this.#at - this.#lineStart;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Counts a document whose first token stands here. */
  startDocument(): void {
    this.document++;
    this.#documentStart = this.#at;
  }

  mark(): number {
    return this.#at;
  }

  /** The next character, '' at the end. */
  peek(): string {
    return this.#text[this.#at] ?? '';
  }

  ahead(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  /** Whether a `-`, `?` or `:` stands here that is followed by a blank. */
  aheadIndicator(indicator: string): boolean {
    return this.ahead(indicator) && /^(?:[ \t\n]|$)/.test(this.#text.charAt(this.#at + 1));
  }

  advance(count: number): void {
    this.#at += count;
  }

  atLineEnd(): boolean {
    return this.atEnd || this.peek() === '\n' || this.#isComment();
  }

  #isComment(): boolean {
    return (
      this.peek() === '#' && (this.column === 0 || /[ \t]/.test(this.#text[this.#at - 1] ?? ''))
    );
  }

  skipBlanks(): void {
    while (/[ \t]/.test(this.peek())) this.#at++;
  }

  skipLine(): void {
    while (!this.atEnd && this.peek() !== '\n') this.#at++;
  }

  /** Goes over blanks, comments and line ends. */
  skipToToken(): void {
    for (;;) {
      this.skipBlanks();
      if (this.#isComment()) this.skipLine();
      if (this.peek() !== '\n') return;
      this.#newLine();
    }
  }

  #newLine(): void {
    this.#at++;
    this.#lineStart = this.#at;
  }

  /** Whether `---` or `...` stands at the start of this line. */
  atMarker(): boolean {
    return (
      this.column === 0 &&
      /^(?:---|\.\.\.)(?:[ \t\n]|$)/.test(this.#text.slice(this.#at, this.#at + 4))
    );
  }

  takeMarker(marker: string): boolean {
    if (!this.atMarker() || !this.ahead(marker)) return false;
    this.#at += 3;
    return true;
  }

  /** The name behind `&` or `*`. */
  name(): string {
    const name = /^[A-Za-z0-9_-]*/.exec(this.#text.slice(this.#at + 1, this.#at + 200))?.[0] ?? '';
    if (name === '') this.fail('did not find expected alphabetic or numeric character');
    this.#at += name.length + 1;
    return name;
  }

  tag(): string {
    const start = this.#at;
    while (!this.atEnd && !/[ \t\n,\]}]/.test(this.peek())) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** Whether a key of one line and a `: ` stand here. */
  isImplicitKey(): boolean {
    return this.#keyEnd() !== undefined;
  }

  /** Where the `:` behind a key of this line is. */
  #keyEnd(): number | undefined {
    const [at, lineStart] = [this.#at, this.#lineStart];
    try {
      while (/[&!]/.test(this.peek())) {
        this.tag();
        this.skipBlanks();
      }
      if (this.peek() === '*') this.tag();
      else if (this.peek() === '[' || this.peek() === '{') this.#skipFlow();
      else if (/["']/.test(this.peek())) this.#quoted();
      else if (this.#startsPlain(false) || this.peek() === ':') this.#plainLine(false);
      else return undefined;
      this.skipBlanks();
      const isKey = this.#lineStart === lineStart && this.aheadIndicator(':');
      return isKey ? this.#at : undefined;
    } catch (error) {
      if (error instanceof YamlError) return undefined;
      throw error;
    } finally {
      this.#at = at;
      this.#lineStart = lineStart;
    }
  }

  #skipFlow(): void {
    let depth = 0;
    do {
      if (/["']/.test(this.peek())) {
        this.#quoted();
        continue;
      }
      if (/[[{]/.test(this.peek())) depth++;
      else if (/[\]}]/.test(this.peek())) depth--;
      else if (this.atEnd || this.peek() === '\n') return;
      this.#at++;
    } while (depth > 0);
  }

  /** A scalar that is a key: on one line. */
  keyScalar(): ReadScalar {
    if (/["']/.test(this.peek())) return { text: this.#quoted(), isPlain: false };
    return { text: this.#plainLine(false), isPlain: true };
  }

  /** A scalar of block form. @param least the column that its further lines must reach */
  blockScalar(least: number): ReadScalar {
    if (/["']/.test(this.peek())) return { text: this.#quoted(), isPlain: false };
    if (/[|>]/.test(this.peek())) return { text: this.#literal(least), isPlain: false };
    if (!this.#startsPlain(false)) this.#failToken();
    return { text: this.#plain(false, least), isPlain: true };
  }

  flowScalar(): ReadScalar {
    if (/["']/.test(this.peek())) return { text: this.#quoted(), isPlain: false };
    if (/[,\]}:]/.test(this.peek()) || this.atEnd) return { text: '', isPlain: true };
    if (!this.#startsPlain(true)) this.#failToken();
    return { text: this.#plain(true, 0), isPlain: true };
  }

  #startsPlain(isFlow: boolean): boolean {
    const next = this.#text.charAt(this.#at + 1);
    if (/[-?:]/.test(this.peek())) {
      return !/^(?:[ \t\n]|$)/.test(next) && !(isFlow && /[,[\]{}]/.test(next));
    }
    return !this.atEnd && !/[,[\]{}#&*!|>'"%@`\n\t]/.test(this.peek());
  }

  #plain(isFlow: boolean, least: number): string {
    let text = this.#plainLine(isFlow);
    for (;;) {
      const [at, lineStart] = [this.#at, this.#lineStart];
      this.skipBlanks();
      const breaks = this.#lineBreaks();
      const isOver = breaks === '' || this.atEnd || this.atMarker() || this.#isComment();
      if (isOver || (!isFlow && this.column < least) || !this.#continuesPlain(isFlow)) {
        this.#at = at;
        this.#lineStart = lineStart;
        return text;
      }
      const mark = this.#at;
      const line = this.#plainLine(isFlow);
      if (!isFlow && this.aheadIndicator(':')) {
        this.#at = mark;
        const end = this.#text.indexOf(':', mark) + 1;
        this.#at = end - 1;
        this.fail('mapping values are not allowed in this context');
      }
      text += folded(breaks) + line;
    }
  }

  #continuesPlain(isFlow: boolean): boolean {
    if (isFlow) return !/[,[\]{}]/.test(this.peek()) && !this.aheadIndicator(':');
    return true;
  }

  /** @returns the characters that end lines here */
  #lineBreaks(): string {
    let breaks = '';
    while (/[\n\u2028\u2029]/.test(this.peek())) {
      breaks += this.peek();
      this.#newLine();
      this.skipBlanks();
    }
    return breaks;
  }

  #plainLine(isFlow: boolean): string {
    const start = this.#at;
    for (; !this.atEnd && this.peek() !== '\n'; this.#at++) {
      if (this.#isComment()) break;
      if (isFlow && /[,?[\]{}]/.test(this.peek())) break;
      if (this.peek() !== ':') continue;
      const next = this.#text.charAt(this.#at + 1);
      if (/^(?:[ \t\n]|$)/.test(next) || (isFlow && /[,[\]{}]/.test(next))) break;
    }
    const text = this.#text.slice(start, this.#at).replace(/[ \t]+$/, '');
    this.#at = start + text.length;
    return text;
  }

  #quoted(): string {
    const start = this.#at;
    const quote = this.peek();
    this.#at++;
    let text = '';
    for (;;) {
      const one = this.peek();
      if (one === '') {
        this.fail('found unexpected end of stream', 'while scanning a quoted scalar', start);
      }
      if (one === quote && quote === "'" && this.ahead("''")) {
        text += "'";
        this.#at += 2;
      } else if (one === quote) {
        this.#at++;
        return text;
      } else if (one === '\\' && quote === '"') text += this.#escape(start);
      else if (/[ \t\n\u2028\u2029]/.test(one)) text += this.#fold();
      else {
        text += one;
        this.#at++;
      }
    }
  }

  /** Blanks stay inside a line; at its ends they go, and one line end is a blank. */
  #fold(): string {
    const start = this.#at;
    this.skipBlanks();
    const blanks = this.#text.slice(start, this.#at);
    const breaks = this.#lineBreaks();
    return breaks === '' ? blanks : folded(breaks);
  }

  #escape(start: number): string {
    const letter = this.#text.charAt(this.#at + 1);
    const context = 'while parsing a quoted scalar';
    this.#at += 2;
    if (letter === '\n') {
      this.#lineStart = this.#at;
      this.skipBlanks();
      return this.#lineBreaks();
    }
    const simple = escapes[letter];
    if (simple !== undefined) return simple;
    const digits = escapeDigits[letter];
    const code = this.#text.slice(this.#at, this.#at + (digits ?? 0));
    if (digits === undefined) {
      this.#at -= 2;
      this.fail('found unknown escape character', context, start);
    }
    if (!new RegExp(`^[\\da-fA-F]{${digits}}$`).test(code)) {
      this.fail('did not find expected hexdecimal number', context, start);
    }
    const value = Number.parseInt(code, 16);
    if (value > 0x10ffff || (value & 0xfffff800) === 0xd800) {
      this.fail('found invalid Unicode character escape code', context, start);
    }
    this.#at += digits;
    return String.fromCodePoint(value);
  }

  /** `|` and `>`. @param least the node's own least column, one more than its parent's indentation */
  #literal(least: number): string {
    const isFolded = this.peek() === '>';
    this.#at++;
    const header = /^[-+\d]*/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0] ?? '';
    this.#at += header.length;
    this.skipLine();
    this.#newLine();
    const digit = /\d/.exec(header)?.[0];
    let indent = digit === undefined ? 0 : Math.max(least - 1, 0) + Number(digit);
    const lines: string[] = [];
    while (!this.atEnd) {
      const end = this.#text.indexOf('\n', this.#at);
      const line = this.#text.slice(this.#at, end < 0 ? this.#text.length : end);
      const blanks = /^ */.exec(line)?.[0].length ?? 0;
      if (blanks < line.length) {
        if (indent === 0 && digit === undefined) indent = Math.max(blanks, least, 1);
        if (blanks < indent && !(indent === 1 && least === 0 && blanks === 0 && !this.atMarker()))
          break;
        if (this.atMarker()) break;
      }
      lines.push(blanks >= indent ? line.slice(indent) : line.slice(blanks));
      this.#at += line.length;
      if (end < 0) break;
      this.#newLine();
    }
    return chomped(isFolded ? foldedLines(lines) : lines.join('\n'), lines, header);
  }

  failAtColon(problem: string): never {
    this.#at = this.#keyEnd() ?? this.#at;
    return this.fail(problem);
  }

  #failToken(): never {
    throw new YamlError(
      `found character that cannot start any token at document: ${this.document}, ${this.#place(this.#at)}\n` +
        `while scanning for the next token at ${this.#place(this.#at)}\n`,
    );
  }

  /** @param start of what was being read */
  fail(problem: string, context?: string, start?: number): never {
    // Whoever parses sees the end of the text as a line of its own; whoever scans a scalar does not, and may be ahead.
    const isScanning = context?.includes('scalar') === true;
    const document =
      isScanning && start === this.#documentStart ? this.document - 1 : this.document;
    const isPastEnd = this.atEnd && this.column > 0 && !isScanning;
    const place = isPastEnd
      ? `line: ${this.#lineOf(this.#at) + 1}, column: 1`
      : this.#place(this.#at);
    const where = `${problem} at document: ${document}, ${place}\n`;
    const what = context === undefined ? '' : `${context} at ${this.#place(start ?? this.#at)}\n`;
    throw new YamlError(where + what);
  }

  #lineOf(at: number): number {
    return this.#text.slice(0, at).split('\n').length;
  }

  #place(at: number): string {
    const lineStart = this.#text.lastIndexOf('\n', at - 1) + 1;
    return `line: ${this.#lineOf(at)}, column: ${at - lineStart + 1}`;
  }
}
