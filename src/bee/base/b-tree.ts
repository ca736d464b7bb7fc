/**
 * A B+-tree that holds objects in the order of a comparator: the heart of TREE indexes.
 *
 * Beside each entry stands its *hint*, a number that orders entries as far as it can: a smaller hint means a smaller entry, equal
 * hints say nothing. Most searches are decided by hints alone, without following a reference to the entry and its bytes,
 * which is what costs time in a tree of a million entries (the real server does the same with 63-bit hints).
 *
 * Cursors stay right while the tree changes: a cursor remembers its entry, and when that is no longer where it was, it
 * seeks the neighbour of the remembered one.
 */

import { Cursor } from './b-tree-cursor.ts';
import {
  childAt,
  leastOf,
  move,
  Node,
  nodeEntriesMax,
  nodeEntriesMin,
  place,
} from './b-tree-node.ts';

/** How the entries of one tree are ordered. */
export interface Order<E> {
  /** Negative, zero or positive. Zero means: the same place in the tree, so that one replaces the other. */
  compare(a: E, b: E): number;
  /** Never decreasing along the order; never NaN. */
  hint(entry: E): number;
}

/** What is searched for: a key that may stand for a whole range of entries. */
export interface Probe<E> {
  /** `compare` is asked only for entries with this hint. */
  readonly hint: number;
  /** Sign of entry − key; 0 for every entry in the key's range. */
  compare(entry: E): number;
}

/** A B+-tree: entries in the order of a comparison, with cursors that survive changes around them. */
export class BTree<E> {
  /** May be changed while the entries' order stays the same, by `reorder`. */
  #order: Order<E>;
  #root: Node<E> = new Node<E>(undefined);
  #size = 0;
  #mostEntries = 0;
  #nodes = 1;
  // The way to the leaf of the last descent, so that inserts and deletes need no recursion.
  readonly #path: Node<E>[] = [];
  readonly #pathAt: number[] = [];
  #seekAt = 0;

  constructor(order: Order<E>) {
    this.#order = order;
  }

  get size(): number {
    return this.#size;
  }

  /** The greatest size so far: the real server's tree keeps its memory when it shrinks. */
  get mostEntries(): number {
    return this.#mostEntries;
  }

  /** How many nodes there are, for estimates of memory. */
  get nodes(): number {
    return this.#nodes;
  }

  /**
   * Puts an entry in its place.
   * @returns the entry it replaced there, if any
   */
  insert(entry: E): E | undefined {
    const hint = this.#order.hint(entry);
    const leaf = this.#descend(entry, hint);
    const at = this.#lowerBoundOf(leaf, entry, hint);
    const present = at < leaf.count ? leaf.entries[at] : undefined;
    if (present !== undefined && leaf.hints[at] === hint) {
      if (this.#order.compare(present, entry) === 0) {
        leaf.entries[at] = entry;
        return present;
      }
    }
    this.#insertAt(leaf, at, entry, hint, undefined, this.#path.length);
    this.#size++;
    if (this.#size > this.#mostEntries) this.#mostEntries = this.#size;
    return undefined;
  }

  /**
   * Takes out the entry that stands in the same place.
   * @returns the entry taken out, if any
   */
  delete(entry: E): E | undefined {
    const hint = this.#order.hint(entry);
    const leaf = this.#descend(entry, hint);
    const at = this.#lowerBoundOf(leaf, entry, hint);
    const present = at < leaf.count ? leaf.entries[at] : undefined;
    if (present === undefined || leaf.hints[at] !== hint) return undefined;
    if (this.#order.compare(present, entry) !== 0) return undefined;
    this.#removeAt(leaf, at, this.#path.length);
    this.#size--;
    return present;
  }

  /** The first entry in the probe's range. */
  find(probe: Probe<E>): E | undefined {
    const leaf = this.#seek(probe, true);
    const entry = leaf?.entries[this.#seekAt];
    if (entry === undefined || leaf?.hints[this.#seekAt] !== probe.hint) return undefined;
    return probe.compare(entry) === 0 ? entry : undefined;
  }

  /** A cursor on the first entry. */
  first(): Cursor<E> {
    let node = this.#root;
    while (node.children !== undefined) node = childAt(node, 0);
    return new Cursor(this, node, 0);
  }

  /** A cursor on the last entry. */
  last(): Cursor<E> {
    let node = this.#root;
    while (node.children !== undefined) node = childAt(node, node.count - 1);
    return new Cursor(this, node, node.count - 1);
  }

  /** A cursor on the first entry that is not below the probe's range. */
  lowerBound(probe: Probe<E>): Cursor<E> {
    return new Cursor(this, this.#seek(probe, true), this.#seekAt);
  }

  /** A cursor on the first entry above the probe's range. */
  upperBound(probe: Probe<E>): Cursor<E> {
    return new Cursor(this, this.#seek(probe, false), this.#seekAt);
  }

  /** A cursor on the last entry below the probe's range. */
  before(probe: Probe<E>): Cursor<E> {
    return this.#stepBack(this.#seek(probe, true), this.#seekAt);
  }

  /** A cursor on the last entry that is not above the probe's range. */
  beforeUpper(probe: Probe<E>): Cursor<E> {
    return this.#stepBack(this.#seek(probe, false), this.#seekAt);
  }

  /** Where the entry next to `entry` in the given direction stands, whether `entry` itself is there or not. */
  neighbour(entry: E, forward: boolean): Cursor<E> {
    const hint = this.#order.hint(entry);
    const leaf = this.#descend(entry, hint);
    let at = this.#lowerBoundOf(leaf, entry, hint);
    if (!forward) return this.#stepBack(leaf, at);
    const present = at < leaf.count ? leaf.entries[at] : undefined;
    if (
      present !== undefined &&
      leaf.hints[at] === hint &&
      this.#order.compare(present, entry) === 0
    ) {
      at++;
    }
    return at < leaf.count ? new Cursor(this, leaf, at) : new Cursor(this, leaf.next, 0);
  }

  /**
   * Some entry, the same for the same number and tree.
   * @param seed an unsigned number
   */
  random(seed: number): E | undefined {
    if (this.#size === 0) return undefined;
    let node = this.#root;
    let rest = Math.floor(Math.abs(seed));
    while (node.children !== undefined) {
      const at = rest % node.count;
      rest = Math.floor(rest / node.count);
      node = childAt(node, at);
    }
    return node.entries[rest % node.count];
  }

  /** Replaces all entries. @param entries in order, without two for one place */
  build(entries: readonly E[]): void {
    this.#size = entries.length;
    this.#mostEntries = Math.max(this.#mostEntries, this.#size);
    this.#nodes = 0;
    let level: Node<E>[] = [];
    let previous: Node<E> | undefined;
    for (let from = 0; from < entries.length || level.length === 0; from += nodeEntriesMax) {
      const leaf = new Node<E>(undefined);
      this.#nodes++;
      leaf.count = Math.max(0, Math.min(nodeEntriesMax, entries.length - from));
      for (let at = 0; at < leaf.count; at++) {
        const entry = entries[from + at];
        if (entry === undefined) break;
        leaf.entries[at] = entry;
        leaf.hints[at] = this.#order.hint(entry);
      }
      leaf.previous = previous;
      if (previous !== undefined) previous.next = leaf;
      previous = leaf;
      level.push(leaf);
    }
    while (level.length > 1) level = this.#parentsOf(level);
    this.#root = level[0] ?? new Node<E>(undefined);
  }

  /** Gives the tree another order in which the entries stand as they do: the definition of a key changed, not its sense. */
  reorder(order: Order<E>): void {
    const entries = this.toArray();
    this.#order = order;
    this.build(entries);
  }

  /** All entries in order. Copies references only: ten million a second, so that a read view is no more than this. */
  toArray(): E[] {
    const entries: E[] = [];
    let leaf: Node<E> | undefined = this.#root;
    while (leaf.children !== undefined) leaf = childAt(leaf, 0);
    while (leaf !== undefined) {
      for (let at = 0; at < leaf.count; at++) {
        const entry = leaf.entries[at];
        if (entry !== undefined) entries.push(entry);
      }
      leaf = leaf.next;
    }
    return entries;
  }

  clear(): void {
    this.#root = new Node<E>(undefined);
    this.#size = 0;
    this.#nodes = 1;
  }

  #parentsOf(level: Node<E>[]): Node<E>[] {
    const parents: Node<E>[] = [];
    for (let from = 0; from < level.length; from += nodeEntriesMax) {
      const children = level.slice(from, from + nodeEntriesMax);
      const parent = new Node<E>(children);
      this.#nodes++;
      parent.count = children.length;
      children.forEach((child, at) => {
        const least = leastOf(child);
        parent.entries[at] = least.entries[0];
        parent.hints[at] = least.hints[0] ?? 0;
      });
      parents.push(parent);
    }
    return parents;
  }

  #stepBack(leaf: Node<E> | undefined, at: number): Cursor<E> {
    if (leaf === undefined) return this.last();
    if (at > 0) return new Cursor(this, leaf, at - 1);
    const previous = leaf.previous;
    return new Cursor(this, previous, previous === undefined ? 0 : previous.count - 1);
  }

  /** The leaf where the entry stands or would stand; `#path` and `#pathAt` say how to get there. */
  #descend(entry: E, hint: number): Node<E> {
    const path = this.#path;
    const pathAt = this.#pathAt;
    let depth = 0;
    let node = this.#root;
    while (node.children !== undefined) {
      // The last child whose lower bound is not above the entry.
      let low = 1;
      let high = node.count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const other = node.hints[middle] ?? 0;
        let isBelow = other < hint;
        if (other === hint) {
          const bound = node.entries[middle];
          isBelow = bound === undefined || this.#order.compare(bound, entry) <= 0;
        }
        if (isBelow) low = middle + 1;
        else high = middle;
      }
      path[depth] = node;
      pathAt[depth] = low - 1;
      depth++;
      node = childAt(node, low - 1);
    }
    path.length = depth;
    pathAt.length = depth;
    return node;
  }

  /** Position of the first entry of the leaf that is not below the given one. */
  #lowerBoundOf(leaf: Node<E>, entry: E, hint: number): number {
    let low = 0;
    let high = leaf.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = leaf.hints[middle] ?? 0;
      let isBelow = other < hint;
      if (other === hint) {
        const present = leaf.entries[middle];
        isBelow = present !== undefined && this.#order.compare(present, entry) < 0;
      }
      if (isBelow) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Leaf of the first entry not below (`lower`) or above (not `lower`) the probe's range; `#seekAt` is its position there. */
  #seek(probe: Probe<E>, lower: boolean): Node<E> | undefined {
    const limit = lower ? 0 : 1;
    const hint = probe.hint;
    let node = this.#root;
    while (true) {
      const isLeaf = node.children === undefined;
      let low = isLeaf ? 0 : 1;
      let high = node.count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const other = node.hints[middle] ?? 0;
        let isBefore = other < hint;
        if (other === hint) {
          const entry = node.entries[middle];
          isBefore = entry !== undefined && probe.compare(entry) < limit;
        }
        if (isBefore) low = middle + 1;
        else high = middle;
      }
      if (!isLeaf) {
        node = childAt(node, low - 1);
      } else if (low < node.count) {
        this.#seekAt = low;
        return node;
      } else {
        this.#seekAt = 0;
        return node.next;
      }
    }
  }

  #insertAt(
    node: Node<E>,
    at: number,
    entry: E,
    hint: number,
    child: Node<E> | undefined,
    depth: number,
  ): void {
    if (node.count < nodeEntriesMax) {
      place(node, at, entry, hint, child);
      return;
    }
    const right = this.#split(node, at);
    if (at > node.count || (at === node.count && right.count === 0)) {
      place(right, at - node.count, entry, hint, child);
    } else {
      place(node, at, entry, hint, child);
    }
    const least = leastOf(right);
    const bound = least.entries[0];
    const boundHint = least.hints[0] ?? 0;
    if (depth === 0) {
      const root = new Node<E>([node, right]);
      this.#nodes++;
      root.count = 2;
      root.entries[1] = bound;
      root.hints[1] = boundHint;
      this.#root = root;
      return;
    }
    const parent = this.#path[depth - 1];
    const parentAt = this.#pathAt[depth - 1];
    if (parent === undefined || parentAt === undefined || bound === undefined) return;
    this.#insertAt(parent, parentAt + 1, bound, boundHint, right, depth - 1);
  }

  /** Moves the upper half to a new right neighbour; nothing when the insert is at the very end, so that ascending keys fill their leaves. */
  #split(node: Node<E>, at: number): Node<E> {
    const isAppend = at === node.count && node.next === undefined && node.children === undefined;
    const keep = isAppend ? nodeEntriesMax : nodeEntriesMax / 2;
    const right = new Node<E>(node.children === undefined ? undefined : []);
    this.#nodes++;
    move(node, keep, right, 0, nodeEntriesMax - keep);
    right.count = nodeEntriesMax - keep;
    node.count = keep;
    if (node.children === undefined) {
      right.next = node.next;
      right.previous = node;
      if (node.next !== undefined) node.next.previous = right;
      node.next = right;
    }
    return right;
  }

  #removeAt(node: Node<E>, at: number, depth: number): void {
    const last = node.count - 1;
    for (let index = at; index < last; index++) {
      node.entries[index] = node.entries[index + 1];
      node.hints[index] = node.hints[index + 1] ?? 0;
    }
    node.entries[last] = undefined;
    node.children?.splice(at, 1);
    node.count = last;
    if (depth === 0) {
      // A root with one child is one level too many.
      while (this.#root.children !== undefined && this.#root.count === 1) {
        this.#root = childAt(this.#root, 0);
        this.#nodes--;
      }
      return;
    }
    if (node.count >= nodeEntriesMin) return;
    const parent = this.#path[depth - 1];
    const parentAt = this.#pathAt[depth - 1];
    if (parent === undefined || parentAt === undefined) return;
    this.#mergeInto(parent, parentAt, depth - 1);
  }

  /** Joins a sparse child with a neighbour under the same parent, when both fit into one node. */
  #mergeInto(parent: Node<E>, at: number, depth: number): void {
    const node = childAt(parent, at);
    for (const leftAt of [at, at - 1]) {
      if (leftAt < 0 || leftAt + 1 >= parent.count) continue;
      const left = childAt(parent, leftAt);
      const right = childAt(parent, leftAt + 1);
      if (left.count + right.count > nodeEntriesMax) continue;
      const moved = right.count;
      move(right, 0, left, left.count, moved);
      if (left.children !== undefined && moved > 0) {
        // The right node's first lower bound stood in the parent.
        left.entries[left.count] = parent.entries[leftAt + 1];
        left.hints[left.count] = parent.hints[leftAt + 1] ?? 0;
      }
      left.count += moved;
      this.#unlink(right);
      this.#removeAt(parent, leftAt + 1, depth);
      return;
    }
    if (node.count === 0) {
      // An only child, and empty: its parent goes with it.
      this.#unlink(node);
      this.#removeAt(parent, at, depth);
    }
  }

  #unlink(node: Node<E>): void {
    this.#nodes--;
    node.count = 0;
    if (node.children !== undefined) return;
    if (node.previous !== undefined) node.previous.next = node.next;
    if (node.next !== undefined) node.next.previous = node.previous;
  }
}
