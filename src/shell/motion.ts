/** Where the cursor can go in a text: by grapheme, by word, by line. All functions take and give indices into the text. */

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The place after the grapheme that begins at `at`. */
export function nextPlace(text: string, at: number): number {
  if (at >= text.length) return text.length;
  // Only as much as one grapheme can need: segmenting a long line from its start would make each key press slow.
  for (const { segment } of segmenter.segment(text.slice(at, at + 64))) return at + segment.length;
  return text.length;
}

/** The place before the grapheme that ends at `at`. */
export function previousPlace(text: string, at: number): number {
  if (at <= 0) return 0;
  const from = Math.max(0, at - 64);
  let last = from;
  for (const { index } of segmenter.segment(text.slice(from, at))) last = from + index;
  return last;
}

const wordChar = /[\p{L}\p{N}]/u;

/** Backward over what is no word, then over a word: readline's words are letters and digits. */
export function wordStart(text: string, at: number): number {
  let place = at;
  while (place > 0 && !isWordAt(text, previousPlace(text, place)))
    place = previousPlace(text, place);
  while (place > 0 && isWordAt(text, previousPlace(text, place)))
    place = previousPlace(text, place);
  return place;
}

/** Forward over what is no word, then over a word. */
export function wordEnd(text: string, at: number): number {
  let place = at;
  while (place < text.length && !isWordAt(text, place)) place = nextPlace(text, place);
  while (place < text.length && isWordAt(text, place)) place = nextPlace(text, place);
  return place;
}

function isWordAt(text: string, at: number): boolean {
  return wordChar.test(String.fromCodePoint(text.codePointAt(at) ?? 0));
}

/** The start of the line that `at` is in. */
export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

/** The end of the line that `at` is in, before its newline. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}
