/**
 * A hash table by linear hashing: it grows by eight slots at a time, and each growth splits eight chains.
 *
 * It places and moves entries as the real server's table does (`light`), because the order of its slots is what people see
 * when they walk a HASH index. A chain begins in the slot that its hash names; what collides goes to the slot that became empty last.
 * An entry that sits in a slot that is not its own gives way when the slot's owner comes.
 */
export class HashTable<E> {
  readonly #entries: (E | undefined)[] = [];
  readonly #hashes: number[] = [];
  /** The next slot of the chain, `none` at its end; a slot that names itself is empty. */
  readonly #next: number[] = [];
  /** Empty slots form a list of their own. */
  readonly #emptyBefore: number[] = [];
  readonly #emptyAfter: number[] = [];
  #firstEmpty = none;
  #coverMask = 0;
  #size = 0;

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  /** Number of slots, empty ones too. */
  get slots(): number {
    return this.#next.length;
  }

  /** The entry in a slot; undefined for an empty one. */
  at(slot: number): E | undefined {
    return this.#next[slot] === slot ? undefined : this.#entries[slot];
  }

  /** The slot of the entry that has the hash and satisfies the test; −1 when there is none. */
  find(hash: number, isEqual: (entry: E) => boolean): number {
    if (this.#size === 0) return none;
    let slot = this.#slotOf(hash);
    if (this.#next[slot] === slot) return none;
    while (slot !== none) {
      const entry = this.#entries[slot];
      if (this.#hashes[slot] === hash && entry !== undefined && isEqual(entry)) return slot;
      slot = this.#next[slot] ?? none;
    }
    return none;
  }

  /** Puts another entry with the same hash into a slot. */
  set(slot: number, entry: E): void {
    this.#entries[slot] = entry;
  }

  insert(hash: number, entry: E): void {
    if (this.#firstEmpty === none) this.#grow();
    this.#size++;
    const slot = this.#slotOf(hash);
    if (this.#next[slot] === slot) {
      this.#detachEmpty(slot);
      this.#put(slot, entry, hash, none);
      return;
    }
    const spare = this.#firstEmpty;
    const owner = this.#slotOf(this.#hashes[slot] ?? 0);
    if (owner === slot) {
      this.#detachEmpty(spare);
      this.#put(spare, entry, hash, this.#next[slot] ?? none);
      this.#next[slot] = spare;
      return;
    }
    // A guest from another chain sits here: it moves out.
    let before = owner;
    while (this.#next[before] !== slot) before = this.#next[before] ?? none;
    this.#detachEmpty(spare);
    this.#copy(slot, spare);
    this.#next[before] = spare;
    this.#put(slot, entry, hash, none);
  }

  /** Takes the entry out. @returns whether it was there */
  delete(hash: number, isEqual: (entry: E) => boolean): boolean {
    if (this.#size === 0) return false;
    let slot = this.#slotOf(hash);
    if (this.#next[slot] === slot) return false;
    let before = none;
    while (true) {
      const entry = this.#entries[slot];
      if (this.#hashes[slot] === hash && entry !== undefined && isEqual(entry)) break;
      before = slot;
      slot = this.#next[slot] ?? none;
      if (slot === none) return false;
    }
    this.#size--;
    const after = this.#next[slot] ?? none;
    if (before !== none) {
      this.#next[before] = after;
      this.#enqueueEmpty(slot);
    } else if (after === none) {
      this.#enqueueEmpty(slot);
    } else {
      this.#copy(after, slot);
      this.#enqueueEmpty(after);
    }
    return true;
  }

  #slotOf(hash: number): number {
    const slot = (hash & this.#coverMask) >>> 0;
    return slot < this.#next.length ? slot : slot & (this.#coverMask >>> 1);
  }

  #put(slot: number, entry: E, hash: number, next: number): void {
    this.#entries[slot] = entry;
    this.#hashes[slot] = hash;
    this.#next[slot] = next;
  }

  #copy(from: number, to: number): void {
    this.#entries[to] = this.#entries[from];
    this.#hashes[to] = this.#hashes[from] ?? 0;
    this.#next[to] = this.#next[from] ?? none;
  }

  #enqueueEmpty(slot: number): void {
    this.#entries[slot] = undefined;
    this.#next[slot] = slot;
    if (this.#firstEmpty !== none) this.#emptyBefore[this.#firstEmpty] = slot;
    this.#emptyBefore[slot] = none;
    this.#emptyAfter[slot] = this.#firstEmpty;
    this.#firstEmpty = slot;
  }

  #detachEmpty(slot: number): void {
    const before = this.#emptyBefore[slot] ?? none;
    const after = this.#emptyAfter[slot] ?? none;
    if (before === none) this.#firstEmpty = after;
    else this.#emptyAfter[before] = after;
    if (after !== none) this.#emptyBefore[after] = before;
  }

  #grow(): void {
    const first = this.#next.length;
    for (let slot = first; slot < first + growSlots; slot++) {
      this.#entries[slot] = undefined;
      this.#hashes[slot] = 0;
      this.#next[slot] = slot;
      this.#emptyBefore[slot] = none;
      this.#emptyAfter[slot] = none;
    }
    if (first === 0) {
      this.#coverMask = growSlots - 1;
      // The first slots are taken in ascending order.
      for (let slot = growSlots - 1; slot >= 0; slot--) this.#enqueueEmpty(slot);
      return;
    }
    if (this.#coverMask < this.#next.length - 1) this.#coverMask = this.#coverMask * 2 + 1;
    const commonMask = this.#coverMask >>> 1;
    for (let slot = first; slot < first + growSlots; slot++) {
      this.#split(slot & commonMask, slot, commonMask);
    }
  }

  /** Gives a new slot its part of the chain that began in `old`. */
  #split(old: number, fresh: number, commonMask: number): void {
    if (this.#next[old] === old || ((this.#hashes[old] ?? 0) & commonMask) >>> 0 !== old) {
      this.#enqueueEmpty(fresh);
      return;
    }
    const splitBit = commonMask + 1;
    const heads = [old, fresh];
    const tails = [none, none];
    let vacated = fresh;
    let side = 0;
    let before = none;
    let slot = old;
    while (slot !== none) {
      const after = this.#next[slot] ?? none;
      const wanted = ((this.#hashes[slot] ?? 0) & splitBit) === 0 ? 0 : 1;
      if (wanted !== side) {
        tails[side] = before;
        const tail = tails[wanted] ?? none;
        if (tail !== none) {
          this.#next[tail] = slot;
        } else {
          const head = heads[wanted] ?? none;
          this.#copy(slot, head);
          vacated = slot;
          slot = head;
        }
        side = wanted;
      }
      before = slot;
      slot = after;
    }
    const otherTail = tails[side ^ 1] ?? none;
    if (otherTail !== none) this.#next[otherTail] = none;
    this.#enqueueEmpty(vacated);
  }
}

/** No slot. */
const none = -1;

/** Slots added at a time. */
const growSlots = 8;
