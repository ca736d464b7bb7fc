/** A moment in the simulated world: whole microseconds since its beginning, so that sums never round. */
export type Micros = number;

/** Something that will happen. */
export interface SimEvent {
  readonly at: Micros;
  /** Order of making: breaks ties, so that equal moments have one order. */
  readonly sequence: number;
  /** True for what happens without anybody waiting for it in earnest: a timer. See `SimWorld.settle`. */
  readonly isTimer: boolean;
  /** Undefined once cancelled. */
  fire: (() => void) | undefined;
}

/** What will happen, soonest first: a binary heap by moment, then by order of making. */
export class EventQueue {
  readonly #heap: SimEvent[] = [];
  #sequence = 0;
  #pendingWork = 0;

  /** How many events other than timers are ahead. */
  get pendingWork(): number {
    return this.#pendingWork;
  }

  add(at: Micros, fire: () => void, isTimer = false): SimEvent {
    const event: SimEvent = { at, sequence: this.#sequence++, isTimer, fire };
    if (!isTimer) this.#pendingWork++;
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
    return event;
  }

  /** Takes an event back; harmless when it happened. It stays in the heap, empty, until its time. */
  cancel(event: SimEvent): void {
    if (event.fire === undefined) return;
    event.fire = undefined;
    if (!event.isTimer) this.#pendingWork--;
  }

  /** The moment of the next event. */
  nextAt(): Micros | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.at;
  }

  /** Takes the next event out; the caller runs what it returns. */
  take(): (() => void) | undefined {
    this.#dropCancelled();
    const event = this.#pop();
    const fire = event?.fire;
    if (event === undefined || fire === undefined) return undefined;
    event.fire = undefined;
    if (!event.isTimer) this.#pendingWork--;
    return fire;
  }

  #dropCancelled(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].fire === undefined) this.#pop();
  }

  #pop(): SimEvent | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return top;
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      const child = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const a = this.#heap[one];
    const b = this.#heap[other];
    if (a === undefined || b === undefined) return false;
    return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
  }

  /** Swaps two places when the first holds the sooner event, which then stands at `other`. */
  #swapIfBefore(one: number, other: number): boolean {
    const a = this.#heap[one];
    const b = this.#heap[other];
    if (a === undefined || b === undefined || !this.#isBefore(one, other)) return false;
    this.#heap[one] = b;
    this.#heap[other] = a;
    return true;
  }
}
