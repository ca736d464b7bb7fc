/**
 * How many terminal cells a character takes. The same function is handed to xterm as its Unicode provider, so that the
 * line editor and the screen never disagree on where the cursor is.
 */

/** Wide and fullwidth ranges of Unicode's EastAsianWidth, merged where unassigned gaps do no harm. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x20000, 0x2fffd],
  [0x30000, 0x3fffd],
];

/** Marks that stand on the letter before them, and characters that only format. */
const zero = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]$/u;
const emoji = /^\p{Emoji_Presentation}$/u;

/**
 * @param codePoint of one character
 * @returns 0, 1 or 2 cells
 */
export function charWidth(codePoint: number): 0 | 1 | 2 {
  if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)) return 0;
  if (codePoint < 0x300) return 1;
  if (wide.some(([from, to]) => codePoint >= from && codePoint <= to)) {
    // Combining marks of the ideographic blocks (U+302A and friends) stand inside the ranges.
    return zero.test(String.fromCodePoint(codePoint)) ? 0 : 2;
  }
  const char = String.fromCodePoint(codePoint);
  if (zero.test(char)) return 0;
  return emoji.test(char) ? 2 : 1;
}

/** Cells that a text takes on one endless line. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += charWidth(char.codePointAt(0) ?? 0);
  return width;
}
