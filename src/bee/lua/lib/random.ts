/** LuaJIT's generator of random numbers: four Tausworthe generators with a period of 2^223 together. */

const mask64 = 2n ** 64n - 1n;
/** Of each generator: bits of state, and the two shifts. */
const generators: readonly (readonly [bits: bigint, q: bigint, s: bigint])[] = [
  [63n, 31n, 18n],
  [58n, 19n, 28n],
  [55n, 24n, 7n],
  [47n, 21n, 8n],
];

/** LuaJIT's generator of random numbers, the same sequence for the same seed. */
export class TauswortheRandom {
  #state: bigint[] = [];

  constructor(seed: number) {
    this.seed(seed);
  }

  seed(seed: number): void {
    const view = new DataView(new ArrayBuffer(8));
    let d = seed;
    this.#state = generators.map(([bits]) => {
      d = d * Math.PI + Math.E;
      view.setFloat64(0, d);
      const drawn = view.getBigUint64(0);
      const least = 1n << (64n - bits);
      return drawn < least ? drawn + least : drawn;
    });
    for (let i = 0; i < 10; i++) this.next();
  }

  /** The next number, from 0 to just below 1. */
  next(): number {
    let mixed = 0n;
    generators.forEach(([bits, q, s], at) => {
      const z = this.#state[at] ?? 0n;
      const low = (((z << q) & mask64) ^ z) >> (bits - s);
      const high = (z & (mask64 << (64n - bits)) & mask64) << s;
      const next = (low ^ high) & mask64;
      this.#state[at] = next;
      mixed ^= next;
    });
    return Number(mixed & (2n ** 52n - 1n)) / 2 ** 52;
  }
}
