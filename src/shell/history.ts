/**
 * What was entered in one terminal at one kind of prompt, oldest first. An entry may hold several lines: a whole statement
 * is one entry, however many lines it took.
 */
export class History {
  /** 1000 entries of at most a few kilobytes keep the stored session well under a megabyte. */
  static readonly entriesMax = 1000;
  #entries: string[];

  constructor(entries: readonly string[] = []) {
    this.#entries = entries.slice(-History.entriesMax);
  }

  get entries(): readonly string[] {
    return this.#entries;
  }

  /** Adds an entry; blank ones and a repeat of the newest are left out, as bash does with `ignoredups`. */
  add(entry: string): void {
    if (entry.trim() === '' || entry === this.#entries.at(-1)) return;
    this.#entries.push(entry);
    if (this.#entries.length > History.entriesMax) this.#entries.shift();
  }

  /** Adds a line to the newest entry: the statement goes on. */
  extend(first: string, line: string): void {
    if (this.#entries.at(-1) === first)
      this.#entries[this.#entries.length - 1] = `${first}\n${line}`;
    else this.add(line);
  }

  clear(): void {
    this.#entries = [];
  }
}
