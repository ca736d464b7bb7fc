import { assert } from '../base/assert.ts';
import { vclockMax } from '../wire/iproto-constants.ts';

/**
 * A vector clock: for each server of the cluster the LSN of its last row seen. Component 0 counts rows of replica-local
 * spaces; it stands in file headers and is never sent to other servers.
 */
export class Vclock {
  /** By server id; 0 for a server of which nothing was seen. */
  readonly #lsns: number[];

  /** @param entries pairs of server id and LSN */
  constructor(entries: Iterable<readonly [number, number]> = []) {
    this.#lsns = new Array<number>(vclockMax).fill(0);
    for (const [id, lsn] of entries) this.set(id, lsn);
  }

  /** LSN of a server's last row, 0 when there is none. */
  get(id: number): number {
    return this.#lsns[id] ?? 0;
  }

  /** Sets one component, forwards or backwards. */
  set(id: number, lsn: number): void {
    // Rows pass here one by one, so the words of the assertion are made only when it fails.
    if (!(id >= 0 && id < vclockMax))
      assert(false, `server id ${id} is not in 0..${vclockMax - 1}`);
    this.#lsns[id] = lsn;
  }

  /** Moves one component forward. */
  follow(id: number, lsn: number): void {
    if (!(lsn > this.get(id))) assert(false, `row {${id}: ${lsn}} is not after ${this.get(id)}`);
    this.set(id, lsn);
  }

  /** Takes over all components of another clock. */
  assign(other: Vclock): void {
    for (let id = 0; id < vclockMax; id++) this.#lsns[id] = other.get(id);
  }

  copy(): Vclock {
    const copy = new Vclock();
    copy.assign(this);
    return copy;
  }

  /** Takes the smaller LSN of each component but component 0, which other servers do not know. */
  minIgnore0(other: Vclock): void {
    for (let id = 1; id < vclockMax; id++) this.#lsns[id] = Math.min(this.get(id), other.get(id));
  }

  /**
   * −1 when every component is at most the other's and one is less, 1 the other way round, 0 when all are equal,
   * undefined when each is ahead somewhere.
   * @param from 1 leaves component 0 out
   */
  compare(other: Vclock, from: 0 | 1 = 0): -1 | 0 | 1 | undefined {
    let isLess = false;
    let isGreater = false;
    for (let id = from; id < vclockMax; id++) {
      const difference = this.get(id) - other.get(id);
      if (difference < 0) isLess = true;
      else if (difference > 0) isGreater = true;
    }
    if (isLess) return isGreater ? undefined : -1;
    return isGreater ? 1 : 0;
  }

  /** True when every component is at least the other's. */
  covers(other: Vclock): boolean {
    const order = this.compare(other);
    return order === 0 || order === 1;
  }

  /** Sum of all components: the number in a file's name. */
  get signature(): number {
    let sum = 0;
    for (const lsn of this.#lsns) sum += lsn;
    return sum;
  }

  /** Pairs of server id and LSN that are not 0, by id. */
  *entries(): Generator<[number, number]> {
    for (const [id, lsn] of this.#lsns.entries()) {
      if (lsn > 0) yield [id, lsn];
    }
  }

  /** The form in file headers and messages, `{1: 10, 2: 2}`. */
  toString(): string {
    const parts: string[] = [];
    for (const [id, lsn] of this.entries()) parts.push(`${id}: ${lsn}`);
    return `{${parts.join(', ')}}`;
  }

  /** Reads the form that `toString` writes; a component 0 as 1.6 writes it (`{1: 0}`) is read too. */
  static parse(text: string): Vclock | { readonly invalidAt: number } {
    const vclock = new Vclock();
    const seen = new Set<number>();
    const scanner = new Scanner(text);
    if (!scanner.take('{')) return { invalidAt: scanner.offset };
    if (!scanner.take('}')) {
      do {
        const id = scanner.number();
        if (id === undefined || id >= vclockMax || seen.has(id)) {
          return { invalidAt: scanner.offset };
        }
        if (!scanner.take(':')) return { invalidAt: scanner.offset };
        const lsn = scanner.number();
        if (lsn === undefined || !Number.isSafeInteger(lsn)) return { invalidAt: scanner.offset };
        seen.add(id);
        vclock.set(id, lsn);
      } while (scanner.take(','));
      if (!scanner.take('}')) return { invalidAt: scanner.offset };
    }
    return scanner.atEnd() ? vclock : { invalidAt: scanner.offset };
  }
}

/** Goes over the text of a vclock; blanks between its parts do not matter. Offsets count from 1, as in the real message. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get offset(): number {
    return this.#at + 1;
  }

  atEnd(): boolean {
    this.#blanks();
    return this.#at === this.#text.length;
  }

  take(sign: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  number(): number | undefined {
    this.#blanks();
    const digits = /^\d+/.exec(this.#text.slice(this.#at))?.[0];
    if (digits === undefined) return undefined;
    this.#at += digits.length;
    return Number(digits);
  }

  #blanks(): void {
    while (this.#text[this.#at] === ' ') this.#at++;
  }
}
