/** Boxes in several dimensions, as an R-tree compares them. */

/** A box: its lower and its upper corner. */
export interface Rectangle {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/** What the boxes found are to the box asked for. */
export type RectangleTest =
  | 'equals'
  | 'contains'
  | 'strictly-contains'
  | 'inside'
  | 'strictly-inside'
  | 'overlaps';

/** Which branches may lead to results, and which records are some. */
export interface Search {
  mayContain(cover: Rectangle): boolean;
  matches(rectangle: Rectangle): boolean;
}

/** Makes a search for boxes that are something to the given box. */
export function isInside(test: RectangleTest, query: Rectangle): Search {
  switch (test) {
    case 'equals':
      return {
        mayContain: (cover) => contains(cover, query),
        matches: (found) => contains(found, query) && contains(query, found),
      };
    case 'contains':
      return both((found) => contains(found, query));
    case 'strictly-contains':
      return both((found) => strictlyContains(found, query));
    case 'inside':
      return {
        mayContain: (cover) => overlaps(cover, query),
        matches: (found) => contains(query, found),
      };
    case 'strictly-inside':
      return {
        mayContain: (cover) => overlaps(cover, query),
        matches: (found) => strictlyContains(query, found),
      };
    case 'overlaps':
      return both((found) => overlaps(found, query));
  }
}

function both(test: (rectangle: Rectangle) => boolean): Search {
  return { mayContain: test, matches: test };
}

function contains(outer: Rectangle, inner: Rectangle): boolean {
  return outer.lower.every(
    (lower, axis) =>
      lower <= (inner.lower[axis] ?? 0) && (outer.upper[axis] ?? 0) >= (inner.upper[axis] ?? 0),
  );
}

function strictlyContains(outer: Rectangle, inner: Rectangle): boolean {
  return outer.lower.every(
    (lower, axis) =>
      lower < (inner.lower[axis] ?? 0) && (outer.upper[axis] ?? 0) > (inner.upper[axis] ?? 0),
  );
}

/** Whether two rectangles have a point in common; edges count. */
export function overlaps(a: Rectangle, b: Rectangle): boolean {
  return a.lower.every(
    (lower, axis) => lower <= (b.upper[axis] ?? 0) && (a.upper[axis] ?? 0) >= (b.lower[axis] ?? 0),
  );
}

/** The product of the sides. */
export function areaOf({ lower, upper }: Rectangle): number {
  return lower.reduce((area, low, axis) => area * ((upper[axis] ?? 0) - low), 1);
}

/** The sum of the sides. */
export function marginOf({ lower, upper }: Rectangle): number {
  return lower.reduce((sum, low, axis) => sum + (upper[axis] ?? 0) - low, 0);
}

/** The smallest rectangle around two. */
export function unionOf(a: Rectangle, b: Rectangle): Rectangle {
  return {
    lower: a.lower.map((low, axis) => Math.min(low, b.lower[axis] ?? low)),
    upper: a.upper.map((high, axis) => Math.max(high, b.upper[axis] ?? high)),
  };
}

/** The smallest rectangle around all of them. There is at least one. */
export function unionOfAll(rectangles: readonly Rectangle[]): Rectangle {
  return rectangles.reduce((union, rectangle) => unionOf(union, rectangle));
}

/** Area that two boxes share; an axis on which they are apart counts as 0. */
export function overlapOf(a: Rectangle, b: Rectangle): number {
  return a.lower.reduce((area, low, axis) => {
    const from = Math.max(low, b.lower[axis] ?? 0);
    const to = Math.min(a.upper[axis] ?? 0, b.upper[axis] ?? 0);
    return area * Math.max(0, to - from);
  }, 1);
}
