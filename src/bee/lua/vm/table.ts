import { isSameKey, keyHash, stringHash } from './table-hash.ts';
import type { TString, TValue } from './types.ts';
import { LuaError, nilObject, Slot, Tag } from './value.ts';

/**
 * Lua tables laid out as LuaJIT lays them out: an array part, a hash part of a power of two with chained scatter and
 * Brent's variation, the same growth rules and the same hash of strings and numbers. The order in which `pairs` walks a
 * table of strings and numbers, and where `#` finds a border, are then the real server's. It replaces the engine's own
 * table, which keeps the order of insertion (and takes different strings for the same key).
 */

/** A place of the hash part. `val` is replaced when the place is taken over by another key, never shared. */
export interface Node {
  readonly index: number;
  key: Slot | undefined;
  val: Slot;
  next: Node | undefined;
}

/** The array part never has more slots (LJ_MAX_ASIZE). */
const arraySlotsMax = 2 ** 27 + 1;
const hashBitsMax = 26;
const noArray: (Slot | undefined)[] = [];

let nextId = 0x40000000;
/** Ids look like LuaJIT's addresses: they are what `tostring` shows and what a key of such a type is hashed by. */
export function newObjectId(): number {
  nextId += 24;
  return nextId;
}

/** A Lua table. */
export class LuaTable {
  readonly id = newObjectId();
  metatable: LuaTable | null = null;
  /** A set bit says that the metamethod of that number is known to be absent; the engine's `fasttm` keeps it. */
  flags = ~0;
  /** Slots of keys 0 to arraySize - 1; an empty one may be undefined. */
  array: (Slot | undefined)[] = noArray;
  arraySize = 0;
  nodes: Node[] = [];
  /** Number of nodes less one; 0 when there is no hash part (then there are no nodes). */
  hashMask = 0;
  /** Nodes from here on were found taken when a free one was looked for. */
  #freeTop = 0;

  /**
   * @param arraySize slots of the array part, that of key 0 included
   * @param hashBits 0 for no hash part, else 2 to that power nodes
   */
  constructor(arraySize: number, hashBits: number) {
    if (arraySize > 0) {
      this.array = [];
      this.arraySize = arraySize;
    }
    if (hashBits > 0) this.#newHash(hashBits);
  }

  /** The slot of a key, or `nilObject`. */
  get(key: TValue): TValue {
    if (key.type === Tag.STRING) return this.getString(key.value as TString); // tag says so
    if (key.type === Tag.NUMBER) return this.getNumber(key.value as number); // tag says so
    return key.type === Tag.NIL ? nilObject : this.#getHashed(key.type, key.value);
  }

  getNumber(key: number): TValue {
    if (key >= 0 && key < this.arraySize && key === (key | 0)) return this.array[key] ?? nilObject;
    return this.#getHashed(Tag.NUMBER, key);
  }

  getString(key: TString): TValue {
    if (this.hashMask === 0) return nilObject;
    let node = this.nodes[stringHash(key) & this.hashMask];
    for (; node !== undefined; node = node.next) {
      const own = node.key;
      if (own !== undefined && own.type === Tag.STRING) {
        if (own.value === key || isSameKey(own, Tag.STRING, key)) return node.val;
      }
    }
    return nilObject;
  }

  /** The table's own copy of a string key that has a value. */
  keyOf(key: TString): TValue | undefined {
    const node = this.#find(Tag.STRING, key);
    return node === undefined || node.val.type === Tag.NIL ? undefined : node.key;
  }

  #getHashed(type: number, value: unknown): TValue {
    return this.#find(type, value)?.val ?? nilObject;
  }

  #find(type: number, value: unknown): Node | undefined {
    if (this.hashMask === 0) return undefined;
    let node = this.nodes[keyHash(type, value) & this.hashMask];
    for (; node !== undefined; node = node.next) {
      if (node.key !== undefined && isSameKey(node.key, type, value)) return node;
    }
    return undefined;
  }

  /** The slot of a key, made when it is missing. The key is not nil and not NaN. */
  slot(type: number, value: unknown): Slot {
    if (type === Tag.NUMBER) {
      const key = value as number; // tag says so
      if (key >= 0 && key < this.arraySize && key === (key | 0)) return this.#arraySlot(key);
    }
    return this.#find(type, value)?.val ?? this.#newKey(type, value);
  }

  #arraySlot(key: number): Slot {
    const there = this.array[key];
    if (there !== undefined) return there;
    const slot = new Slot(Tag.NIL, null);
    while (this.array.length < key) this.array.push(undefined);
    this.array[key] = slot;
    return slot;
  }

  set(key: TValue, value: TValue): void {
    const slot = this.slot(key.type, key.value);
    slot.type = value.type;
    slot.value = value.value;
  }

  setNumber(key: number, value: TValue): void {
    const slot = this.slot(Tag.NUMBER, key);
    slot.type = value.type;
    slot.value = value.value;
  }

  /**
   * Moves `keyAt` to the pair after it in `pairs` order.
   * @param keyAt holds a key (nil for the start) and receives the next one
   * @param valueAt receives its value
   * @returns false at the end
   */
  next(keyAt: TValue, valueAt: TValue): boolean {
    let at = this.#position(keyAt) + 1;
    for (; at < this.arraySize; at++) {
      const slot = this.array[at];
      if (slot === undefined || slot.type === Tag.NIL) continue;
      keyAt.type = Tag.NUMBER;
      keyAt.value = at;
      valueAt.type = slot.type;
      valueAt.value = slot.value;
      return true;
    }
    for (let index = at - this.arraySize; index < this.nodes.length; index++) {
      const node = this.nodes[index];
      if (node?.key === undefined || node.val.type === Tag.NIL) continue;
      keyAt.type = node.key.type;
      keyAt.value = node.key.value;
      valueAt.type = node.val.type;
      valueAt.value = node.val.value;
      return true;
    }
    return false;
  }

  #position(key: TValue): number {
    if (key.type === Tag.NIL) return -1;
    if (key.type === Tag.NUMBER) {
      const n = key.value as number; // tag says so
      if (n >= 0 && n < this.arraySize && n === (n | 0)) return n;
    }
    const node = this.#find(key.type, key.value);
    if (node === undefined) throw new LuaError("invalid key to 'next'");
    return this.arraySize + node.index;
  }

  /** `#t`: a border, found the way LuaJIT finds it. */
  length(): number {
    let j = this.arraySize;
    if (j > 1 && this.#isNil(j - 1)) {
      let i = 1;
      while (j - i > 1) {
        const middle = (i + j) >>> 1;
        if (this.#isNil(middle - 1)) j = middle;
        else i = middle;
      }
      return i - 1;
    }
    if (j > 0) j--;
    return this.hashMask === 0 ? j : this.#unboundSearch(j);
  }

  #isNil(key: number): boolean {
    const slot = this.array[key];
    return slot === undefined || slot.type === Tag.NIL;
  }

  #unboundSearch(from: number): number {
    let present = from;
    let absent = from + 1;
    while (this.getNumber(absent).type !== Tag.NIL) {
      present = absent;
      absent *= 2;
      if (absent > 2147483645) {
        let i = 1;
        while (this.getNumber(i).type !== Tag.NIL) i++;
        return i - 1;
      }
    }
    while (absent - present > 1) {
      const middle = Math.floor((present + absent) / 2);
      if (this.getNumber(middle).type === Tag.NIL) absent = middle;
      else present = middle;
    }
    return present;
  }

  /** A copy that is laid out alike: what a table constructor with constants makes at each run. */
  duplicate(): LuaTable {
    const copy = new LuaTable(this.arraySize, 0);
    for (let at = 0; at < this.array.length; at++) {
      const slot = this.array[at];
      copy.array.push(slot === undefined ? undefined : new Slot(slot.type, slot.value));
    }
    if (this.hashMask > 0) {
      copy.hashMask = this.hashMask;
      copy.#freeTop = this.#freeTop;
      for (const node of this.nodes) {
        const val = new Slot(node.val.type, node.val.value);
        copy.nodes.push({ index: node.index, key: node.key, val, next: undefined });
      }
      for (const node of this.nodes) {
        const twin = copy.nodes[node.index];
        if (twin !== undefined && node.next !== undefined) {
          twin.next = copy.nodes[node.next.index];
        }
      }
    }
    copy.flags = 0;
    return copy;
  }

  /** Removes all pairs and keeps the room (`table.clear`). */
  clear(): void {
    if (this.arraySize > 0) this.array = [];
    if (this.hashMask > 0) this.#newHash(32 - Math.clz32(this.hashMask));
  }

  /** Makes room for an array part with keys up to `last`, as storing many values at once does. */
  reserveArray(last: number): void {
    if (last >= this.arraySize)
      this.resize(last + 1, this.hashMask > 0 ? 32 - Math.clz32(this.hashMask) : 0);
  }

  #newHash(bits: number): void {
    if (bits > hashBitsMax) throw new LuaError('table overflow');
    const size = 1 << bits;
    this.nodes = [];
    for (let index = 0; index < size; index++) {
      this.nodes.push({ index, key: undefined, val: new Slot(Tag.NIL, null), next: undefined });
    }
    this.#freeTop = size;
    this.hashMask = size - 1;
  }

  #newKey(type: number, value: unknown): Slot {
    if (this.hashMask === 0) return this.#rehash(type, value);
    let node = this.#main(type, value);
    if (node.val.type !== Tag.NIL) {
      let free: Node | undefined;
      do {
        if (this.#freeTop === 0) return this.#rehash(type, value);
        free = this.nodes[--this.#freeTop];
      } while (free?.key !== undefined);
      if (free === undefined) throw new LuaError('table overflow');
      const own = node.key as Slot; // a node with a value has a key
      const collided = this.#main(own.type, own.value);
      if (collided !== node) {
        this.#moveOut(node, free, collided, own);
      } else {
        free.next = node.next;
        node.next = free;
        node = free;
      }
    }
    node.key = new Slot(type, Object.is(value, -0) ? 0 : value);
    // A dead key's slot may still be held by whoever looked it up, so that the new key gets a slot of its own.
    node.val = new Slot(Tag.NIL, null);
    return node.val;
  }

  #main(type: number, value: unknown): Node {
    return this.nodes[keyHash(type, value) & this.hashMask] as Node; // the mask keeps it in range
  }

  /** The node holds a key that does not belong there: that key moves to the free node, the new one takes its place. */
  #moveOut(node: Node, free: Node, collided: Node, own: Slot): void {
    let before = collided;
    while (before.next !== undefined && before.next !== node) before = before.next;
    before.next = free;
    free.val = node.val;
    free.key = node.key;
    free.next = node.next;
    node.next = undefined;
    node.val = new Slot(Tag.NIL, null);
    const isString = own.type === Tag.STRING;
    let at = free;
    let isRechaining = false;
    for (let follower = at.next; follower !== undefined; follower = at.next) {
      const key = follower.key;
      const isLive = key !== undefined && follower.val.type !== Tag.NIL;
      const main = isLive ? this.#main(key.type, key.value) : undefined;
      const mayMove = main !== undefined && (isRechaining || isString || key?.type === Tag.STRING);
      if (!isRechaining && mayMove && main === node) {
        isRechaining = true;
        relink(at, follower, node);
      } else if (isRechaining && main !== undefined && main !== at && main !== follower) {
        relink(at, follower, main);
      } else {
        at = follower;
      }
    }
  }

  #rehash(type: number, value: unknown): Slot {
    const bins = new Array<number>(28).fill(0);
    let integers = this.#countArray(bins);
    let total = 1 + integers;
    for (const node of this.nodes) {
      if (node.key === undefined || node.val.type === Tag.NIL) continue;
      total++;
      integers += countInteger(node.key.type, node.key.value, bins);
    }
    integers += countInteger(type, value, bins);
    const best = bestArraySize(bins, integers);
    this.resize(best.size, hashBits(total - best.count));
    return this.slot(type, value);
  }

  #countArray(bins: number[]): number {
    let count = 0;
    for (let at = 0; at < this.arraySize; at++) {
      if (this.#isNil(at)) continue;
      count++;
      addToBin(bins, at);
    }
    return count;
  }

  /** Changes the room of both parts and puts everything where it now belongs. */
  resize(arraySize: number, bits: number): void {
    const oldArray = this.array;
    const oldSize = this.arraySize;
    const oldNodes = this.nodes;
    if (arraySize > arraySlotsMax) throw new LuaError('table overflow');
    if (arraySize > oldSize && oldArray === noArray) this.array = [];
    this.arraySize = arraySize;
    if (bits > 0) {
      this.#newHash(bits);
    } else {
      this.nodes = [];
      this.hashMask = 0;
    }
    if (arraySize < oldSize) {
      this.array = oldArray.slice(0, arraySize);
      for (let at = arraySize; at < oldSize; at++) {
        const slot = oldArray[at];
        if (slot !== undefined && slot.type !== Tag.NIL) this.setNumber(at, slot);
      }
    }
    for (const node of oldNodes) {
      if (node.key !== undefined && node.val.type !== Tag.NIL) this.set(node.key, node.val);
    }
  }
}

function relink(before: Node, moved: Node, chain: Node): void {
  before.next = moved.next;
  moved.next = chain.next;
  chain.next = moved;
}

/** Bits of a hash part that holds `count` keys. */
export function hashBits(count: number): number {
  if (count === 0) return 0;
  return count === 1 ? 1 : 32 - Math.clz32(count - 1);
}

function addToBin(bins: number[], key: number): void {
  const bin = key > 2 ? 31 - Math.clz32(key - 1) : 0;
  bins[bin] = (bins[bin] ?? 0) + 1;
}

function countInteger(type: number, value: unknown, bins: number[]): number {
  if (type !== Tag.NUMBER) return 0;
  const key = value as number; // tag says so
  if (key !== (key | 0) || key < 0 || key >= arraySlotsMax) return 0;
  addToBin(bins, key);
  return 1;
}

/** The largest array part of which more than half would be used. */
function bestArraySize(bins: readonly number[], integers: number): { size: number; count: number } {
  let count = 0;
  let size = 0;
  for (let bin = 0, sum = 0; 2 * integers > 2 ** bin && sum !== integers; bin++) {
    const here = bins[bin] ?? 0;
    if (here === 0) continue;
    sum += here;
    if (2 * sum > 2 ** bin) {
      size = 2 * 2 ** bin + 1;
      count = sum;
    }
  }
  return { size, count };
}
