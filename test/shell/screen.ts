import { charWidth } from '../../src/shell/width.ts';

/**
 * A tiny terminal screen: enough of one to see what a person would see after what was written. Rows scroll away upwards into
 * `rows`, which keeps all of them. Like a real terminal it wraps only when the next character comes.
 */
export class Screen {
  readonly columns: number;
  readonly height: number;
  /** All rows from the first one on; a wide character fills its cell and an empty one. */
  rows: string[][] = [[]];
  /** Absolute row of the screen's first line. */
  top = 0;
  row = 0;
  column = 0;
  #isWrapPending = false;

  constructor(columns: number, height: number) {
    this.columns = columns;
    this.height = height;
  }

  /** The rows as text, blanks at their ends cut. */
  get text(): string[] {
    return this.rows.map((cells) =>
      cells
        .map((cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
  }

  write(data: string): void {
    const token = /\x1b\[([\d;?]*)([A-Za-z])|\r|\n|[^\x1b\r\n]/gu;
    for (const match of data.matchAll(token)) {
      const [text, parameters = '', command] = match;
      if (command !== undefined) this.#control(command, parameters);
      else if (text === '\r') this.#moveTo(this.row, 0);
      else if (text === '\n') this.#down();
      else this.#put(text);
    }
  }

  #put(char: string): void {
    const width = charWidth(char.codePointAt(0) ?? 0);
    if (width === 0) {
      const cells = this.#cells();
      const at = this.#isWrapPending ? this.columns - 1 : this.column - 1;
      const base = cells[at] === '' ? at - 1 : at;
      cells[base] += char;
      return;
    }
    if (this.#isWrapPending || this.column + width > this.columns) {
      const cells = this.#cells();
      for (let at = this.column; !this.#isWrapPending && at < this.columns; at++) cells[at] = ' ';
      this.#down();
      this.column = 0;
      this.#isWrapPending = false;
    }
    const cells = this.#cells();
    cells[this.column] = char;
    if (width === 2) cells[this.column + 1] = '';
    this.column += width;
    if (this.column >= this.columns) {
      this.column = this.columns - 1;
      this.#isWrapPending = true;
    }
  }

  #control(command: string, parameters: string): void {
    const count = Number(parameters === '' ? 1 : parameters);
    switch (command) {
      case 'A':
        this.#moveTo(Math.max(this.top, this.row - count), this.column);
        break;
      case 'B':
        this.#moveTo(Math.min(this.top + this.height - 1, this.row + count), this.column);
        break;
      case 'C':
        this.#moveTo(this.row, Math.min(this.columns - 1, this.column + count));
        break;
      case 'H':
        this.#moveTo(this.top, 0);
        break;
      case 'J':
        if (parameters === '2') {
          for (let at = 0; at < this.height; at++) this.rows[this.top + at] = [];
        } else if (parameters === '3') {
          this.rows.splice(0, this.top);
          this.row -= this.top;
          this.top = 0;
        } else {
          this.#cells().length = this.column;
          this.rows.length = Math.max(this.row + 1, 1);
        }
        break;
      case 'm':
        break;
      default:
        throw new Error(`the screen does not know CSI ${parameters}${command}`);
    }
  }

  #cells(): string[] {
    while (this.rows.length <= this.row) this.rows.push([]);
    const cells = this.rows[this.row] ?? [];
    while (cells.length < this.column) cells.push(' ');
    return cells;
  }

  #down(): void {
    this.row++;
    if (this.row >= this.top + this.height) this.top = this.row - this.height + 1;
    this.#cells();
  }

  #moveTo(row: number, column: number): void {
    this.row = row;
    this.column = column;
    this.#isWrapPending = false;
    while (this.rows.length <= row) this.rows.push([]);
  }
}
