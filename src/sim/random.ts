/**
 * Seeded randomness: sfc32 (Chris Doty-Humphrey's small fast counter, 128 bits of state), enough for schedules and
 * faults, never for secrets. The same seed gives the same run for ever, so the algorithm must not change.
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed any integer; only its low 53 bits count */
  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(Math.abs(seed) / 2 ** 32) >>> 0;
    this.#c = 0x9e3779b9;
    // Twelve rounds are what the author of sfc32 asks for before seeds that are close give runs that are far apart.
    for (let round = 0; round < 12; round++) this.uint32();
  }

  /** An integer from 0 to 2^32 - 1. */
  uint32(): number {
    const result = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    return result >>> 0;
  }

  /** A fraction from 0 up to, not including, 1. */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** A number between the two. */
  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }

  /** True with this probability. Draws nothing for 0 and 1, so that switching a fault off changes no other draw. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.fraction() < probability;
  }

  /** One of the items. */
  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = this.uint32() & 0xff;
    return bytes;
  }

  /** A generator of its own for a part of the world, so that one part's draws do not move another's. */
  fork(): SeededRandom {
    return new SeededRandom(this.uint32() + this.below(2 ** 20) * 2 ** 32);
  }
}
