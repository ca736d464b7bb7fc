import type { BTree } from './b-tree.ts';
import type { Node } from './b-tree-node.ts';

/** A place in a tree. Stays right while the tree changes. */
export class Cursor<E> {
  readonly #tree: BTree<E>;
  #node: Node<E> | undefined;
  #at: number;
  /** The entry it stands on, or stood on when it was last moved; undefined beyond the ends. */
  entry: E | undefined;

  constructor(tree: BTree<E>, node: Node<E> | undefined, at: number) {
    this.#tree = tree;
    this.#node = node;
    this.#at = at;
    this.entry = node !== undefined && at < node.count ? node.entries[at] : undefined;
  }

  /** Goes to the next greater entry. */
  moveNext(): E | undefined {
    if (this.entry === undefined) return undefined;
    let node = this.#node;
    if (node === undefined || this.#at >= node.count || node.entries[this.#at] !== this.entry) {
      return this.#become(this.#tree.neighbour(this.entry, true));
    }
    this.#at++;
    if (this.#at >= node.count) {
      node = node.next;
      this.#node = node;
      this.#at = 0;
    }
    this.entry = node?.entries[this.#at];
    return this.entry;
  }

  /** Goes to the next smaller entry. */
  movePrevious(): E | undefined {
    if (this.entry === undefined) return undefined;
    let node = this.#node;
    if (node === undefined || this.#at >= node.count || node.entries[this.#at] !== this.entry) {
      return this.#become(this.#tree.neighbour(this.entry, false));
    }
    if (this.#at === 0) {
      node = node.previous;
      this.#node = node;
      this.#at = node === undefined ? 0 : node.count;
    }
    this.#at--;
    this.entry = this.#at < 0 ? undefined : node?.entries[this.#at];
    return this.entry;
  }

  #become(other: Cursor<E>): E | undefined {
    this.#node = other.#node;
    this.#at = other.#at;
    this.entry = other.entry;
    return this.entry;
  }
}
