/** What waits to be looked at on the way to the nearest: a page or a record. */
export interface Neighbour<P, E> {
  readonly distance: number;
  readonly level: number;
  /** Told apart by where they stand in the real server's memory: places are given again, the last freed first. */
  readonly place: number;
  readonly page: P | undefined;
  readonly record: E | undefined;
}

/** The nearest first; among equals the one nearer to a leaf, then the one that came first. */
export class NeighbourQueue<P, E> {
  readonly #heap: Neighbour<P, E>[] = [];
  readonly #freePlaces: number[] = [];
  #places = 0;

  push(distance: number, level: number, page: P | undefined, record: E | undefined): void {
    const place = this.#freePlaces.pop() ?? this.#places++;
    const heap = this.#heap;
    heap.push({ distance, level, place, page, record });
    let at = heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): Neighbour<P, E> | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    this.#freePlaces.push(first.place);
    if (heap.length === 0) return first;
    heap[0] = last;
    let at = 0;
    while (true) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && this.#isBefore(child, least)) least = child;
      }
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const [a, b] = [this.#heap[left], this.#heap[right]];
    if (a === undefined || b === undefined) return false;
    return (a.distance - b.distance || a.level - b.level || a.place - b.place) < 0;
  }

  #swap(left: number, right: number): void {
    const heap = this.#heap;
    // The casts are right: both positions are inside the heap.
    [heap[left], heap[right]] = [heap[right] as Neighbour<P, E>, heap[left] as Neighbour<P, E>];
  }
}
