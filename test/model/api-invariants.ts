/** What must hold of a server's data whatever programs have done to it. */
import { type Index, IteratorType } from '../../src/bee/box/index.ts';
import type { Space } from '../../src/bee/box/space.ts';
import type { Tuple } from '../../src/bee/box/tuple.ts';
import { tupleComparatorOf } from '../../src/bee/box/tuple-order.ts';
import type { Instance } from '../../src/bee/server/instance.ts';

/** What is wrong with the indexes of all spaces; empty when nothing is. */
export function brokenInvariants(instance: Instance): string[] {
  const problems: string[] = [];
  for (const space of instance.box.schema.spaces()) {
    if (space.engine !== 'memtx') continue;
    for (const index of space.indexes) {
      const problem = problemOf(space, index);
      if (problem !== undefined) problems.push(`${space.name}.${index.name}: ${problem}`);
    }
    const bytes = primaryOf(space).reduce((sum, tuple) => sum + tuple.bsize, 0);
    if (bytes !== space.bsize) problems.push(`${space.name}: ${space.bsize} bytes, not ${bytes}`);
  }
  return problems;
}

function problemOf(space: Space, index: Index): string | undefined {
  const found = all(index);
  const wanted = new Set(primaryOf(space));
  const isListed = found.every((tuple) => wanted.has(tuple));
  if (!isListed) return 'has a tuple that the primary index has not';
  // A key for each item, or for each result of a function: a tuple may be there often, or not at all.
  const isExpanded = index.isMultikey || index.funcId !== undefined;
  if (!isExpanded && found.length !== wanted.size) {
    return `walks over ${found.length} tuples of ${wanted.size}`;
  }
  if (!isExpanded && new Set(found).size !== found.length) return 'has a tuple twice';
  if (!isExpanded && index.length !== wanted.size) return `says that it has ${index.length}`;
  if (index.type !== 'TREE' || isExpanded) return undefined;
  const compare = tupleComparatorOf(index.def.cmpDef);
  const disorder = found.findIndex((tuple, at) => {
    const before = found[at - 1];
    return before !== undefined && compare(before, tuple) >= 0;
  });
  return disorder < 0 ? undefined : `is not in order at ${disorder}`;
}

function primaryOf(space: Space): Tuple[] {
  const index = space.index(0);
  return index === undefined ? [] : all(index);
}

function all(index: Index): Tuple[] {
  const iterator = index.iterator(IteratorType.ALL, new Uint8Array(0), 0, 0);
  const tuples: Tuple[] = [];
  for (let tuple = iterator.next(); tuple !== undefined; tuple = iterator.next())
    tuples.push(tuple);
  return tuples;
}
