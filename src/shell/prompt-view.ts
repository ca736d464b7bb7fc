import { charWidth } from './width.ts';

/** What the edited line looks like: all that is on the screen between the last output and the end. */
export interface PromptLook {
  /** `$ ` or `bee> `. */
  readonly prompt: string;
  /** Before each further line of a text with newlines. */
  readonly continuation: string;
  readonly text: string;
  /** Index into `text`. */
  readonly cursor: number;
}

/** One character on the screen with where it stands; rows count from the prompt's first. */
interface Glyph {
  readonly text: string;
  readonly isPrompt: boolean;
  readonly row: number;
  readonly column: number;
  /** It begins a row because of a newline in the text, not because the row before was full. */
  readonly isAfterNewline: boolean;
}

interface Layout {
  readonly glyphs: readonly Glyph[];
  readonly endRow: number;
  readonly endColumn: number;
  readonly cursorRow: number;
  readonly cursorColumn: number;
  /** The last row is full: the end is the start of a row that the terminal has not begun by itself. */
  readonly isFull: boolean;
}

const noLayout: Layout = {
  glyphs: [],
  endRow: 0,
  endColumn: 0,
  cursorRow: 0,
  cursorColumn: 0,
  isFull: false,
};

/**
 * Draws the edited line with as few changes as possible, and takes it away to let something be printed above it.
 *
 * The invariant: the terminal's cursor is where `#drawn` says. Everything is relative to the first row of the prompt, so that
 * scrolling does not matter. A key press writes only what changed behind the first difference: a screen reader then hears
 * one character, not the whole line again.
 */
export class PromptView {
  columns: number;
  rows: number;
  /** SGR parameters of the prompt's style, as `1;32`; '' for plain. */
  promptStyle = '';
  #drawn: Layout = noLayout;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** Brings the screen from what is drawn to this look. @returns what to write to the terminal */
  draw(look: PromptLook): string {
    const whole = layOut(look, this.columns);
    const next = whole.endRow < this.rows ? whole : clip(whole, this.rows);
    const before = this.#drawn;
    this.#drawn = next;
    let same = 0;
    while (isSameGlyph(before.glyphs[same], next.glyphs[same])) same++;
    // The first glyph of a row must follow the one before it: the terminal may not have begun that row yet.
    while (same > 0 && isRowStart(next.glyphs[same])) same--;
    // So must the end, where the last row is full.
    const isSameEnd = before.isFull && before.glyphs.length === same;
    if (next.glyphs[same] === undefined && next.isFull && !isSameEnd) same--;
    const start = next.glyphs[same];
    const startRow = start?.row ?? next.endRow;
    const startColumn = start?.column ?? next.endColumn;
    const isShorter = before.glyphs.length > same;
    if (start === undefined && !isShorter) {
      return move(before.cursorRow, before.cursorColumn, next.cursorRow, next.cursorColumn);
    }
    let out = move(before.cursorRow, before.cursorColumn, startRow, startColumn);
    out += this.#emit(next, same);
    if (isShorter) out += '\x1b[J';
    return out + move(next.endRow, next.endColumn, next.cursorRow, next.cursorColumn);
  }

  /** Takes the drawn line off the screen; the cursor stands where the prompt began. */
  erase(): string {
    const { cursorRow, cursorColumn, glyphs } = this.#drawn;
    this.#drawn = noLayout;
    return glyphs.length === 0 ? '' : `${move(cursorRow, cursorColumn, 0, 0)}\x1b[J`;
  }

  /** Leaves the line on the screen for good, whole, and goes to the row below it. */
  finish(look: PromptLook): string {
    const atEnd = { ...look, cursor: look.text.length };
    const whole = layOut(atEnd, this.columns);
    if (whole.endRow < this.rows) {
      const out = this.draw(atEnd);
      this.#drawn = noLayout;
      return whole.isFull ? out : `${out}\r\n`;
    }
    const out = this.erase() + this.#emit(whole, 0);
    return whole.isFull ? out : `${out}\r\n`;
  }

  #emit(layout: Layout, from: number): string {
    let out = '';
    let isStyled = false;
    for (const glyph of layout.glyphs.slice(from)) {
      if (glyph.isAfterNewline && glyph !== layout.glyphs[from]) out += '\r\n';
      if (glyph.isPrompt !== isStyled && this.promptStyle !== '') {
        out += glyph.isPrompt ? `\x1b[${this.promptStyle}m` : '\x1b[0m';
        isStyled = glyph.isPrompt;
      }
      out += glyph.text;
    }
    if (isStyled) out += '\x1b[0m';
    // A blank makes the terminal begin the next row and join it to this one as one wrapped line.
    return layout.isFull ? `${out} \r` : out;
  }
}

function layOut(look: PromptLook, columns: number): Layout {
  const glyphs: Glyph[] = [];
  let row = 0;
  let column = 0;
  let isAfterNewline = false;
  const put = (text: string, isPrompt: boolean): void => {
    for (const char of text) {
      const width = charWidth(char.codePointAt(0) ?? 0);
      const last = glyphs.at(-1);
      if (width === 0 && last !== undefined && last.isPrompt === isPrompt) {
        glyphs[glyphs.length - 1] = { ...last, text: last.text + char };
        continue;
      }
      if (column + width > columns) {
        row++;
        column = 0;
      }
      glyphs.push({ text: char, isPrompt, row, column, isAfterNewline });
      isAfterNewline = false;
      column += width;
    }
  };
  put(look.prompt, true);
  let cursor: { row: number; column: number } | undefined;
  /** The cursor stands before the next glyph, whose place is known only when it was put. */
  const markCursor = (following: string): void => {
    const width = charWidth(following.codePointAt(0) ?? 0x20);
    cursor = column + Math.max(1, width) > columns ? { row: row + 1, column: 0 } : { row, column };
  };
  const lines = look.text.split('\n');
  let at = 0;
  lines.forEach((line, index) => {
    if (index > 0) {
      row++;
      column = 0;
      isAfterNewline = true;
      put(look.continuation === '' ? ' ' : look.continuation, true);
    }
    const inLine = look.cursor - at;
    if (inLine >= 0 && inLine <= line.length) {
      put(line.slice(0, inLine), false);
      markCursor(line.slice(inLine));
      put(line.slice(inLine), false);
    } else {
      put(line, false);
    }
    at += line.length + 1;
  });
  const isFull = column >= columns;
  if (isFull) {
    row++;
    column = 0;
  }
  const { row: cursorRow, column: cursorColumn } = cursor ?? { row, column };
  return { glyphs, endRow: row, endColumn: column, cursorRow, cursorColumn, isFull };
}

/** Of a text higher than the screen, the part around the cursor. */
function clip(layout: Layout, rows: number): Layout {
  const first = Math.min(
    Math.max(0, layout.cursorRow - rows + 2),
    Math.max(0, layout.endRow - rows + 1),
  );
  const last = first + rows - 1;
  const glyphs = layout.glyphs
    .filter((glyph) => glyph.row >= first && glyph.row <= last)
    .map((glyph) => ({ ...glyph, row: glyph.row - first }));
  const isEndShown = layout.endRow <= last;
  const tail = glyphs.at(-1);
  // Where the part ends on a full row the terminal's cursor must not hang behind the edge: leave the last cell out.
  if (!isEndShown && tail !== undefined) glyphs.pop();
  return {
    glyphs,
    endRow: isEndShown ? layout.endRow - first : (tail?.row ?? 0),
    endColumn: isEndShown ? layout.endColumn : (tail?.column ?? 0),
    cursorRow: layout.cursorRow - first,
    cursorColumn: layout.cursorColumn,
    isFull: layout.isFull && isEndShown,
  };
}

function isSameGlyph(one: Glyph | undefined, other: Glyph | undefined): boolean {
  return (
    one !== undefined &&
    other !== undefined &&
    one.text === other.text &&
    one.isPrompt === other.isPrompt &&
    one.row === other.row &&
    one.column === other.column
  );
}

function isRowStart(glyph: Glyph | undefined): boolean {
  return glyph !== undefined && glyph.column === 0 && glyph.row > 0;
}

function move(fromRow: number, fromColumn: number, row: number, column: number): string {
  let out = '';
  if (row < fromRow) out += `\x1b[${fromRow - row}A`;
  if (row > fromRow) out += `\x1b[${row - fromRow}B`;
  if (column !== fromColumn) out += column === 0 ? '\r' : `\r\x1b[${column}C`;
  return out;
}
