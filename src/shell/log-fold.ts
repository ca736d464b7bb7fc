/** A log line on the screen, with how often it came. */
export interface FoldedLine {
  /** As it came last. */
  readonly text: string;
  readonly level: string;
  readonly count: number;
}

/** What to change on the screen: take away the last `removed` log lines, then print `lines`. */
export interface FoldChange {
  readonly removed: number;
  readonly lines: readonly FoldedLine[];
}

/**
 * How many log lines back a repeat is looked for. A try that fails says up to three lines, each time the same; further
 * back, folding would hide the order in which things happened.
 */
const reach = 3;

/** Date, time and process, which differ between repeats of one message. */
const stamp = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[\d+\] /;

/**
 * Folds repeats of one log message into one line with a count, as long as nothing else was printed in between. The manual
 * tells its reader twice to ignore the repeated messages; a screen full of them hides what matters.
 */
export class LogFold {
  #tail: FoldedLine[] = [];

  /** Something else was printed: what comes now begins anew. */
  interrupt(): void {
    this.#tail = [];
  }

  add(text: string, level: string): FoldChange {
    const key = text.replace(stamp, '');
    const distance = this.#tail
      .toReversed()
      .findIndex((line) => line.level === level && line.text.replace(stamp, '') === key);
    const at = this.#tail.length - 1 - distance;
    const found = distance < 0 ? undefined : this.#tail[at];
    // A calm message that comes again after others did is news (a relay recovers twice); a complaint is a repeat.
    const isRepeat =
      found !== undefined && (distance === 0 || found.count > 1 || 'EW!CF'.includes(level));
    if (!isRepeat) {
      const line = { text, level, count: 1 };
      this.#tail.push(line);
      if (this.#tail.length > reach) this.#tail.shift();
      return { removed: 0, lines: [line] };
    }
    this.#tail[at] = { text, level, count: found.count + 1 };
    return { removed: distance + 1, lines: this.#tail.slice(at) };
  }
}

/** A folded line as it is shown. */
export function withCount(line: FoldedLine): string {
  return line.count === 1 ? line.text : `${line.text}  ×${line.count}`;
}
