import { parsePath } from './json-path.ts';
import { goToPath } from './key-def.ts';
import type { Tuple } from './tuple.ts';

/**
 * Position of the field that a name or a JSON path (`name.key[2]`, `[1].key`) leads to, −1 when there is none. A name of the
 * space's format goes before a path of the same spelling, as in the real server.
 */
export function fieldByPath(tuple: Tuple, path: string): number {
  const named = tuple.fieldByName(path);
  if (named >= 0) return named;
  const tokens = parsePath(path);
  if (typeof tokens === 'number') return -1;
  const [first, ...rest] = tokens;
  if (first === undefined) return -1;
  if (first.kind === 'any') return -1;
  const start = first.kind === 'number' ? tuple.fieldAt(first.index) : tuple.fieldByName(first.key);
  return start < 0 ? -1 : goToPath(tuple.slab, start, rest, -1);
}
