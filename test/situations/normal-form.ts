/** What differs from run to run becomes the same in every run; everything else stays as it was printed. */

const uuid = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

/** UUIDs are numbered in the order in which a situation shows them, so that it still matters whose they are. */
export class NormalForm {
  readonly #known: string;
  readonly #uuids = new Map<string, string>();

  /** @param known the situation's own text: UUIDs that it names itself stay */
  constructor(known: string) {
    this.#known = known;
  }

  of(text: string): string {
    return (
      text
        .replaceAll(uuid, (found) => (this.#known.includes(found) ? found : this.#numbered(found)))
        .replaceAll(/\b(idle|lag): [\d.e+-]+/g, '$1: SECONDS')
        .replaceAll(/\bfd \d+/g, 'fd N')
        .replaceAll(/(127\.0\.0\.1:)(?!330\d\b)\d+/g, '$1PORT')
        // Whose the other end was is known only as long as that end lives.
        .replaceAll(/(called on fd N, aka 127\.0\.0\.1:\w+),\s+peer of 127\.0\.0\.1:\w+/g, '$1')
        // Bee packs several rows into one block, so its files are shorter (D3).
        .replaceAll(/(after eof marker at )\d+/g, '$1OFFSET')
        .replaceAll(/0x[0-9a-f]{6,}/g, '0xADDRESS')
        .replaceAll(/(next checkpoint for ).*/g, '$1TIME')
    );
  }

  /**
   * Log lines without times, pids and numbers of fibers, those of one fiber together: fibers of two servers run side by
   * side, and only within one of them is there an order.
   */
  ofLog(lines: readonly string[]): string {
    const parted = lines.map((line) => {
      const [, fiber = '', rest = ''] = /^\S+ \S+ \[\d+\] (\S+) (.*)$/s.exec(line) ?? [
        '',
        '',
        line,
      ];
      return { fiber: this.#fiber(fiber), rest };
    });
    const order = (fiber: string): string => fiber.replace(/^main\/interactive$/, '');
    return parted
      .sort((one, other) =>
        order(one.fiber) < order(other.fiber) ? -1 : order(one.fiber) > order(other.fiber) ? 1 : 0,
      )
      .map(({ fiber, rest }) => `${this.of(`${fiber} ${rest}`)}\n`)
      .join('');
  }

  #fiber(name: string): string {
    return name.replaceAll(/\/\d+(?=\/)/g, '').replaceAll(/(127\.0\.0\.1:)\d{5}\b/g, '$1PORT');
  }

  #numbered(found: string): string {
    const name = this.#uuids.get(found) ?? `UUID-${this.#uuids.size + 1}`;
    this.#uuids.set(found, name);
    return name;
  }
}
