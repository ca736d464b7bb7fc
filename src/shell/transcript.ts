/**
 * What a terminal has shown, line by line, without the line being edited: the source of "copy all", of what comes back
 * after a reload, and of what tests read. Kept beside the screen because the screen wraps, and forgets.
 */
export class Transcript {
  /** As much as a scrollback holds; at 100 bytes a line about 300 kB for a terminal. */
  static readonly linesMax = 3000;
  /** With SGR sequences. The last one is being written; '' when the cursor stands at a line's start. */
  #lines: string[] = [''];

  constructor(lines: readonly string[] = []) {
    if (lines.length > 0) this.#lines = [...lines.slice(-Transcript.linesMax), ''];
  }

  /** Finished lines, with their styles. */
  get lines(): readonly string[] {
    return this.#lines.at(-1) === '' ? this.#lines.slice(0, -1) : this.#lines;
  }

  /** The same as text. */
  get plainText(): string {
    return this.lines.map(plain).join('\n');
  }

  /** Whether the next character would begin a line. */
  get isAtLineStart(): boolean {
    return plain(this.#lines.at(-1) ?? '') === '';
  }

  /** Adds text with \n as newline. */
  add(text: string): void {
    const [first = '', ...rest] = text.split('\n');
    this.#lines[this.#lines.length - 1] += first;
    this.#lines.push(...rest);
    if (this.#lines.length > Transcript.linesMax + 200) {
      this.#lines.splice(0, this.#lines.length - Transcript.linesMax);
    }
  }

  /** Takes back the last finished lines. */
  removeLast(count: number): string[] {
    if (count === 0) return [];
    return this.#lines.splice(Math.max(0, this.#lines.length - 1 - count), count);
  }

  clear(): void {
    this.#lines = [''];
  }
}

/** Text without escape sequences. */
export function plain(text: string): string {
  return text.replace(/\x1b(?:\[[\d;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)/g, '');
}
