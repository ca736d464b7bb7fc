/**
 * Entries in a node. Forty would do as well; two hundred makes an insert in the middle twice as slow, ten makes the tree
 * of a million entries two levels deeper.
 */
export const nodeEntriesMax = 64;

/** Below this a node is merged with a neighbour, if both fit into one. */
export const nodeEntriesMin = nodeEntriesMax / 4;

/** A leaf holds entries; an inner node holds children, and at `entries[i]` the lower bound of child i (i > 0). */
export class Node<E> {
  readonly entries: (E | undefined)[] = new Array<E | undefined>(nodeEntriesMax);
  readonly hints: number[] = newHints();
  count = 0;
  readonly children: Node<E>[] | undefined;
  /** Leaves are chained. */
  previous: Node<E> | undefined;
  next: Node<E> | undefined;

  constructor(children: Node<E>[] | undefined) {
    this.children = children;
  }
}

/** An array of doubles from the start, so that the engine never has to convert it when the first fraction comes. */
function newHints(): number[] {
  const hints = new Array<number>(nodeEntriesMax);
  for (let at = 0; at < nodeEntriesMax; at++) hints[at] = 0.5;
  return hints;
}

/** A child of an inner node. */
export function childAt<E>(node: Node<E>, at: number): Node<E> {
  // The cast is right: callers have seen that the node is an inner one with that many children.
  return (node.children as Node<E>[])[at] as Node<E>;
}

/** The leftmost leaf below a node. */
export function leastOf<E>(node: Node<E>): Node<E> {
  let least = node;
  while (least.children !== undefined) least = childAt(least, 0);
  return least;
}

/** Puts an entry, and perhaps a child, at a position of a node that has room. */
export function place<E>(
  node: Node<E>,
  at: number,
  entry: E,
  hint: number,
  child: Node<E> | undefined,
): void {
  for (let index = node.count; index > at; index--) {
    node.entries[index] = node.entries[index - 1];
    node.hints[index] = node.hints[index - 1] ?? 0;
  }
  node.entries[at] = entry;
  node.hints[at] = hint;
  if (child !== undefined) node.children?.splice(at, 0, child);
  node.count++;
}

/** Moves entries to the end of another node. */
export function move<E>(
  from: Node<E>,
  fromAt: number,
  to: Node<E>,
  toAt: number,
  count: number,
): void {
  for (let index = 0; index < count; index++) {
    to.entries[toAt + index] = from.entries[fromAt + index];
    to.hints[toAt + index] = from.hints[fromAt + index] ?? 0;
    from.entries[fromAt + index] = undefined;
  }
  if (from.children !== undefined && to.children !== undefined) {
    to.children.push(...from.children.splice(fromAt, count));
  }
}
