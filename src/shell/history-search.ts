/** An incremental search through the history (Ctrl-R): the query, and the match that is shown. */
export class SearchState {
  query = '';
  isFailing = false;
  /** The match, as the line to show. */
  text: string;
  cursor: number;
  /** The entry that matched; the history's length for the line that was being written. */
  place: number;
  /** What comes back on Ctrl-G. */
  readonly savedText: string;
  readonly savedCursor: number;
  readonly #entries: readonly string[];

  constructor(entries: readonly string[], text: string, cursor: number, place: number) {
    this.#entries = entries;
    this.text = text;
    this.savedText = text;
    this.cursor = cursor;
    this.savedCursor = cursor;
    this.place = place;
  }

  /** A longer query: the present match may still do. @returns whether something matches */
  type(text: string): boolean {
    this.query += text;
    return this.#find(this.place, -1);
  }

  /** A shorter query keeps the match; an empty one brings back what was written. */
  backspace(): void {
    this.query = [...this.query].slice(0, -1).join('');
    this.isFailing = false;
    if (this.query === '') {
      this.text = this.savedText;
      this.cursor = this.savedCursor;
      this.place = this.#entries.length;
    } else {
      this.#find(this.place, -1);
    }
  }

  /** The next older (-1) or newer (1) match. */
  next(direction: -1 | 1): boolean {
    return this.query === '' || this.#find(this.place + direction, direction);
  }

  #find(from: number, direction: -1 | 1): boolean {
    const last = this.#entries.length - 1;
    for (let at = Math.min(from, last); at >= 0 && at <= last; at += direction) {
      const entry = this.#entries[at] ?? '';
      const found = entry.lastIndexOf(this.query);
      if (found < 0) continue;
      this.place = at;
      this.text = entry;
      this.cursor = found;
      this.isFailing = false;
      return true;
    }
    this.isFailing = true;
    return false;
  }
}
