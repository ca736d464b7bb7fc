import type { DupMode } from './index.ts';
import type { Space } from './space.ts';
import type { Tuple } from './tuple.ts';

/** Puts `newTuple` in the place of `oldTuple` in all indexes that are kept up. @returns the tuple that is gone */
export function replaceInSpace(
  space: Space,
  oldTuple: Tuple | undefined,
  newTuple: Tuple | undefined,
  mode: DupMode,
): Tuple | undefined {
  const primary = space.requireIndex(0);
  const replaced = primary.replace(oldTuple, newTuple, mode);
  if (space.replaceMode === 'all' && space.indexes.length > 1) {
    replaceSecondary(space, replaced, newTuple);
  }
  space.bsize += (newTuple?.bsize ?? 0) - (replaced?.bsize ?? 0);
  return replaced;
}

function replaceSecondary(
  space: Space,
  oldTuple: Tuple | undefined,
  newTuple: Tuple | undefined,
): void {
  const { indexes } = space;
  let at = 1;
  try {
    for (; at < indexes.length; at++) indexes[at]?.replace(oldTuple, newTuple, 'insert');
  } catch (error) {
    for (at--; at >= 0; at--) indexes[at]?.replace(newTuple, oldTuple, 'insert');
    throw error;
  }
}
