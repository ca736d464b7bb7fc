/**
 * An R-tree after Beckmann et al., *The R\*-tree* (SIGMOD 1990), with the choices that the real server makes: pages of the same
 * number of branches, the same way to split and to insert again. People see them in the order of a search's results.
 *
 * A search ends when the tree changes under it, as in the real server.
 */

import { NeighbourQueue } from './neighbour-queue.ts';
import {
  areaOf,
  marginOf,
  overlapOf,
  overlaps,
  type Rectangle,
  type Search,
  unionOf,
  unionOfAll,
} from './rectangle.ts';

/** How far apart two places are. */
export type Distance = 'euclid' | 'manhattan';

/** Records one after the other. */
export interface RecordIterator<E> {
  next(): E | undefined;
}

interface Branch<E> {
  rectangle: Rectangle;
  readonly page: Page<E> | undefined;
  readonly record: E | undefined;
}

interface Page<E> {
  branches: Branch<E>[];
}

/** Bytes of a coordinate and of a reference in the real server's pages. */
const wordBytes = 8;

/** A page has at least so many branches, and as many more as fit into a power of two. */
const branchesOptimal = 18;

/** An R*-tree over rectangles of any dimension. */
export class RTree<E> {
  readonly dimension: number;
  readonly #distance: Distance;
  readonly #maxFill: number;
  readonly #minFill: number;
  #root: Page<E> | undefined;
  #height = 0;
  #size = 0;
  #version = 0;
  readonly #pageBytes: number;
  #pages = 0;

  constructor(dimension: number, distance: Distance) {
    this.dimension = dimension;
    this.#distance = distance;
    const branchBytes = wordBytes + dimension * 2 * wordBytes;
    this.#pageBytes = 2 ** Math.ceil(Math.log2(branchesOptimal * branchBytes + 4));
    this.#maxFill = Math.floor((this.#pageBytes - 4) / branchBytes);
    this.#minFill = Math.floor((this.#maxFill * 2) / 5);
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes that the real server's tree would take. */
  get bytes(): number {
    return this.#pages * this.#pageBytes;
  }

  insert(rectangle: Rectangle, record: E): void {
    const branch = { rectangle, page: undefined, record };
    if (this.#root === undefined) {
      this.#root = { branches: [branch] };
      this.#height = 1;
      this.#pages++;
    } else {
      this.#insertAt(branch, this.#height);
    }
    this.#version++;
    this.#size++;
  }

  /** @returns whether the record was there */
  remove(rectangle: Rectangle, record: E): boolean {
    const sparse: [Page<E>, number][] = [];
    const root = this.#root;
    if (root === undefined || !this.#removeFrom(root, rectangle, record, this.#height, sparse)) {
      return false;
    }
    // What pages that became too empty still hold is inserted again, those nearest to the root first.
    for (const [page, level] of sparse.reverse()) {
      for (const branch of page.branches) this.#insertAt(branch, this.#height - level);
      this.#pages--;
    }
    if (this.#root?.branches.length === 1 && this.#height > 1) {
      this.#root = this.#root.branches[0]?.page;
      this.#height--;
      this.#pages--;
    }
    this.#size--;
    this.#version++;
    return true;
  }

  /** @param search undefined for all records */
  search(search: Search | undefined): RecordIterator<E> {
    const version = this.#version;
    const walk = this.#walk(this.#root, this.#height, search);
    return {
      next: () => {
        if (this.#version !== version) return undefined;
        const step = walk.next();
        return step.done === true ? undefined : step.value;
      },
    };
  }

  /** All records, the nearest to the lower corner first. */
  nearest(from: Rectangle): RecordIterator<E> {
    const version = this.#version;
    const queue = new NeighbourQueue<Page<E>, E>();
    if (this.#root !== undefined) {
      const cover = coverOf(this.#root);
      queue.push(this.#distanceTo(cover, from), this.#height, this.#root, undefined);
    }
    return {
      next: () => {
        if (this.#version !== version) return undefined;
        for (let found = queue.pop(); found !== undefined; found = queue.pop()) {
          if (found.level === 0) return found.record;
          for (const { rectangle, page, record } of found.page?.branches ?? []) {
            queue.push(this.#distanceTo(rectangle, from), found.level - 1, page, record);
          }
        }
        return undefined;
      },
    };
  }

  *#walk(
    page: Page<E> | undefined,
    level: number,
    search: Search | undefined,
  ): Generator<E, void, void> {
    for (const branch of page?.branches ?? []) {
      if (level > 1) {
        const isWanted = search === undefined || search.mayContain(branch.rectangle);
        if (isWanted) yield* this.#walk(branch.page, level - 1, search);
      } else if (search === undefined || search.matches(branch.rectangle)) {
        if (branch.record !== undefined) yield branch.record;
      }
    }
  }

  #distanceTo(rectangle: Rectangle, from: Rectangle): number {
    let distance = 0;
    for (let axis = 0; axis < this.dimension; axis++) {
      const at = from.lower[axis] ?? 0;
      const gap = Math.max((rectangle.lower[axis] ?? 0) - at, at - (rectangle.upper[axis] ?? 0), 0);
      distance += this.#distance === 'euclid' ? gap * gap : gap;
    }
    return distance;
  }

  /** @param level of the page that is to hold the branch: 1 for leaves counted from the root's height */
  #insertAt(branch: Branch<E>, level: number): void {
    const root = this.#root;
    if (root === undefined) return;
    const split = this.#insertInto(root, branch, level);
    if (split === undefined) return;
    this.#root = { branches: [branchOf(root), branchOf(split)] };
    this.#height++;
    this.#pages++;
  }

  /** @returns a new page that took a part of this one's branches */
  #insertInto(page: Page<E>, branch: Branch<E>, level: number): Page<E> | undefined {
    if (level <= 1) return this.#add(page, branch);
    const target = this.#chooseBranch(page, branch.rectangle);
    if (target?.page === undefined) return undefined;
    const split = this.#insertInto(target.page, branch, level - 1);
    if (split === undefined) {
      target.rectangle = unionOf(target.rectangle, branch.rectangle);
      return undefined;
    }
    target.rectangle = coverOf(target.page);
    return this.#add(page, branchOf(split));
  }

  /** The branch whose cover grows least; among equals the smallest. */
  #chooseBranch(page: Page<E>, rectangle: Rectangle): Branch<E> | undefined {
    let best: Branch<E> | undefined;
    let bestGrowth = 0;
    let bestArea = 0;
    for (const branch of page.branches) {
      const area = areaOf(branch.rectangle);
      const growth = areaOf(unionOf(branch.rectangle, rectangle)) - area;
      if (best === undefined || growth < bestGrowth || (growth === bestGrowth && area < bestArea)) {
        best = branch;
        bestGrowth = growth;
        bestArea = area;
      }
    }
    return best;
  }

  #add(page: Page<E>, branch: Branch<E>): Page<E> | undefined {
    if (page.branches.length < this.#maxFill) {
      page.branches.push(branch);
      return undefined;
    }
    return this.#split(page, branch);
  }

  /** The branches below a cut along the best axis go to a new page; the others stay in their order. */
  #split(page: Page<E>, added: Branch<E>): Page<E> {
    const all = [added, ...page.branches];
    const order = this.#orderAlongBestAxis(all);
    const count = this.#cutOf(order.map((index) => rectangleAt(all, index)));
    const taken = new Set(order.slice(0, count));
    const fresh: Page<E> = { branches: order.slice(0, count).map((index) => branchAt(all, index)) };
    const kept = page.branches.filter((_, index) => !taken.has(index + 1));
    if (!taken.has(0)) kept.push(added);
    page.branches = kept;
    this.#pages++;
    return fresh;
  }

  /** Indexes of the branches along the axis on which they are cut best. */
  #orderAlongBestAxis(all: readonly Branch<E>[]): number[] {
    let bestAxis = 0;
    let bestMargin = 0;
    let order = all.map((_, index) => index);
    for (let axis = 0; axis < this.dimension; axis++) {
      order = selectionSort(order, all, axis);
      const margin = this.#marginSum(order.map((index) => rectangleAt(all, index)));
      if (axis === 0 || margin < bestMargin) {
        bestAxis = axis;
        bestMargin = margin;
      }
    }
    return selectionSort(order, all, bestAxis);
  }

  /** Sum of the half perimeters of both sides over all cuts allowed. */
  #marginSum(sorted: readonly Rectangle[]): number {
    const fromLeft = runningMargins(sorted);
    const fromRight = runningMargins([...sorted].reverse());
    let sum = 0;
    for (const count of this.#cuts(sorted.length)) {
      sum += (fromLeft[count] ?? 0) + (fromRight[sorted.length - count] ?? 0);
    }
    return sum;
  }

  /** The cut with the least overlap; among equals with the least area. */
  #cutOf(sorted: readonly Rectangle[]): number {
    let best = this.#minFill;
    let bestOverlap = Number.POSITIVE_INFINITY;
    let bestArea = Number.POSITIVE_INFINITY;
    for (const count of this.#cuts(sorted.length)) {
      const left = unionOfAll(sorted.slice(0, count));
      const right = unionOfAll(sorted.slice(count));
      const overlap = overlapOf(left, right);
      const area = areaOf(left) + areaOf(right);
      if (overlap < bestOverlap || (overlap === bestOverlap && area < bestArea)) {
        best = count;
        bestOverlap = overlap;
        bestArea = area;
      }
    }
    return best;
  }

  /** Sizes that the lower side may have. */
  #cuts(total: number): number[] {
    const cuts: number[] = [];
    for (let cut = 0; cut < total - 2 * this.#minFill; cut++) cuts.push(this.#minFill + cut);
    return cuts;
  }

  #removeFrom(
    page: Page<E>,
    rectangle: Rectangle,
    record: E,
    level: number,
    sparse: [Page<E>, number][],
  ): boolean {
    if (level <= 1) {
      const at = page.branches.findIndex((branch) => branch.record === record);
      if (at < 0) return false;
      page.branches.splice(at, 1);
      return true;
    }
    for (const [at, branch] of page.branches.entries()) {
      const { page: below } = branch;
      if (below === undefined || !overlaps(branch.rectangle, rectangle)) continue;
      if (!this.#removeFrom(below, rectangle, record, level - 1, sparse)) continue;
      if (below.branches.length >= this.#minFill) {
        branch.rectangle = coverOf(below);
      } else {
        sparse.push([below, level - 2]);
        page.branches.splice(at, 1);
      }
      return true;
    }
    return false;
  }
}

function runningMargins(sorted: readonly Rectangle[]): number[] {
  const margins = [0];
  let union = sorted[0];
  for (const rectangle of sorted) {
    union = union === undefined ? rectangle : unionOf(union, rectangle);
    margins.push(marginOf(union));
  }
  return margins;
}

/** Sorts by the lower, then the upper side on an axis; unstable in the way that the order of the results depends on. */
function selectionSort<E>(
  order: readonly number[],
  all: readonly Branch<E>[],
  axis: number,
): number[] {
  const sorted = [...order];
  for (let at = 0; at < sorted.length - 1; at++) {
    let least = at;
    for (let other = at + 1; other < sorted.length; other++) {
      const [a, b] = [rectangleAt(all, sorted[other]), rectangleAt(all, sorted[least])];
      const difference =
        (a.lower[axis] ?? 0) - (b.lower[axis] ?? 0) || (a.upper[axis] ?? 0) - (b.upper[axis] ?? 0);
      if (difference < 0) least = other;
    }
    const swapped = sorted[at] ?? 0;
    sorted[at] = sorted[least] ?? 0;
    sorted[least] = swapped;
  }
  return sorted;
}

function branchAt<E>(all: readonly Branch<E>[], index: number | undefined): Branch<E> {
  // The cast is right: indexes come from the same array.
  return all[index ?? 0] as Branch<E>;
}

function rectangleAt<E>(all: readonly Branch<E>[], index: number | undefined): Rectangle {
  return branchAt(all, index).rectangle;
}

function coverOf<E>(page: Page<E>): Rectangle {
  return unionOfAll(page.branches.map((branch) => branch.rectangle));
}

function branchOf<E>(page: Page<E>): Branch<E> {
  return { rectangle: coverOf(page), page, record: undefined };
}
