/** The `csv` module. The reader's odd corners (quotes inside a field, blanks at its end) are the real one's. */

export interface CsvOptions {
  readonly delimiter?: number;
  readonly quote?: number;
}

const space = 0x20;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** What the reader is in. */
type State = 'leading' | 'outside' | 'opening' | 'inside' | 'closing';

/**
 * `csv.load` of a whole text.
 * @param skip rows left out at the start, `skip_head_lines`
 * @returns the rows, and whether a quote was left open, of which the real server warns in its log ("CSV file has errors")
 */
export function loadCsv(
  text: Uint8Array,
  options: CsvOptions = {},
  skip = 0,
): { readonly rows: Uint8Array[][]; readonly hasErrors: boolean } {
  const delimiter = options.delimiter ?? 0x2c;
  const quote = options.quote ?? 0x22;
  const rows: Uint8Array[][] = [];
  let row: Uint8Array[] = [];
  let field: number[] = [];
  let state: State = 'leading';
  let endingSpaces = 0;
  let previous = 0;
  /** False right behind a line end: there the text may end without another field. */
  let isInRow = false;
  const endField = (): void => {
    row.push(new Uint8Array(field.slice(0, field.length - endingSpaces)));
    field = [];
    endingSpaces = 0;
    state = 'leading';
  };
  const endRow = (): void => {
    rows.push(row);
    row = [];
    isInRow = false;
  };
  for (const byte of text) {
    const isLineEnd = byte === lineFeed || byte === carriageReturn;
    if (state !== 'inside' && isSecondOfPair(byte, previous)) {
      previous = 0;
      continue;
    }
    previous = byte;
    isInRow = true;
    if (state === 'leading') {
      if (byte === space) continue;
      state = 'outside';
    } else if (state === 'opening') {
      if (byte === quote) {
        field.push(quote);
        state = 'outside';
        continue;
      }
      state = 'inside';
    } else if (state === 'closing') {
      if (byte === quote) {
        field.push(quote);
        state = 'inside';
        continue;
      }
      state = 'outside';
    }
    if (state === 'inside') {
      if (byte === quote) state = 'closing';
      else field.push(byte);
      continue;
    }
    if (isLineEnd || byte === delimiter) {
      endField();
      if (isLineEnd) endRow();
      continue;
    }
    if (byte === quote) state = 'opening';
    else field.push(byte);
    endingSpaces = byte === space ? endingSpaces + 1 : 0;
  }
  const hasErrors = state === 'inside';
  if (isInRow && !hasErrors) {
    endField();
    endRow();
  }
  return { rows: rows.slice(skip), hasErrors };
}

/** CR LF and LF CR end one line, not two. */
function isSecondOfPair(byte: number, previous: number): boolean {
  return (
    (byte === lineFeed && previous === carriageReturn) ||
    (byte === carriageReturn && previous === lineFeed)
  );
}

/** `csv.dump`: a line for each row. @param rows the fields as `tostring` shows them */
export function dumpCsv(
  rows: readonly (readonly Uint8Array[])[],
  options: CsvOptions = {},
): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const row of rows) {
    row.forEach((field, at) => {
      if (at > 0) bytes.push(options.delimiter ?? 0x2c);
      dumpField(bytes, field, options);
    });
    bytes.push(lineFeed);
  }
  return new Uint8Array(bytes);
}

function dumpField(bytes: number[], field: Uint8Array, options: CsvOptions): void {
  const quote = options.quote ?? 0x22;
  const isQuoted = field.some((byte) => {
    return byte === (options.delimiter ?? 0x2c) || byte === lineFeed || byte === carriageReturn;
  });
  if (isQuoted) bytes.push(quote);
  for (const byte of field) {
    // The real one takes the field for a string of C.
    if (byte === 0) break;
    if (byte === quote) bytes.push(quote);
    bytes.push(byte);
  }
  if (isQuoted) bytes.push(quote);
}
