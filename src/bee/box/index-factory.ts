import { clientError } from './error.ts';
import type { Index, IndexHost } from './index.ts';
import { IndexBitset } from './index-bitset.ts';
import type { IndexDef } from './index-def.ts';
import { type FunctionEvaluator, IndexTreeFunctional } from './index-functional.ts';
import { IndexHash, IndexHashCollated } from './index-hash.ts';
import { IndexTreeMultikey } from './index-multikey.ts';
import { IndexRtree, rtreeDimensionMax } from './index-rtree.ts';
import { IndexTree } from './index-tree.ts';
import type { Space } from './space.ts';

/** Makes an empty index of a space that keeps its tuples in memory. */
export function makeMemtxIndex(def: IndexDef, host: IndexHost, evaluate: FunctionEvaluator): Index {
  const { keyDef, opts } = def;
  switch (def.type) {
    case 'HASH': {
      const isCollated = keyDef.parts.some((part) => part.collation?.isBinary === false);
      return isCollated ? new IndexHashCollated(def, host) : new IndexHash(def, host);
    }
    case 'BITSET':
      return new IndexBitset(def, host);
    case 'RTREE':
      if (opts.dimension < 1 || opts.dimension > rtreeDimensionMax) {
        throw clientError(
          'UNSUPPORTED_INDEX_FEATURE',
          def.name,
          'RTREE',
          host.spaceName(def.spaceId),
          'memtx',
          `dimension (${opts.dimension}): must belong to range [1, ${rtreeDimensionMax}]`,
        );
      }
      return new IndexRtree(def, host);
    default:
      if (keyDef.forFuncIndex) return new IndexTreeFunctional(def, host, evaluate);
      return keyDef.isMultikey ? new IndexTreeMultikey(def, host) : new IndexTree(def, host);
  }
}

/** What the space's engine has to say to a definition. */
export function checkEngineIndexDef(def: IndexDef, space: Space): void {
  if (space.engine === 'blackhole') throw clientError('UNSUPPORTED', 'Blackhole', 'indexes');
  if (space.engine === 'memtx') checkMemtxIndexDef(def, space);
}

function checkMemtxIndexDef(def: IndexDef, space: Space): void {
  const { keyDef, type } = def;
  const refuse = (reason: string): Error =>
    clientError('MODIFY_INDEX', def.name, space.name, reason);
  if (keyDef.isNullable) {
    if (def.id === 0) throw clientError('NULLABLE_PRIMARY', space.name);
    if (type !== 'TREE') throw clientError('UNSUPPORTED', type, 'nullable parts');
  }
  const { multikey } = keyDef;
  if (multikey !== undefined && space.def.fields[multikey.fieldNo]?.isNullable === true) {
    throw clientError('UNSUPPORTED', 'multikey index', 'nullable root field');
  }
  switch (type) {
    case 'TREE':
      break;
    case 'HASH':
      if (!def.opts.isUnique) throw refuse('HASH index must be unique');
      checkPlain(def, refuse);
      break;
    case 'RTREE':
      if (keyDef.parts.length !== 1) throw refuse('RTREE index key can not be multipart');
      if (def.opts.isUnique) throw refuse('RTREE index can not be unique');
      if (keyDef.parts[0]?.type !== 'array') {
        throw refuse('RTREE index field type must be ARRAY');
      }
      checkPlain(def, refuse);
      return;
    case 'BITSET': {
      if (keyDef.parts.length !== 1) throw refuse('BITSET index key can not be multipart');
      if (def.opts.isUnique) throw refuse('BITSET can not be unique');
      const fieldType = keyDef.parts[0]?.type;
      if (fieldType !== 'unsigned' && fieldType !== 'string') {
        throw refuse('BITSET index field type must be NUM or STR');
      }
      checkPlain(def, refuse);
      return;
    }
    default:
      throw clientError('INDEX_TYPE', def.name, space.name);
  }
  for (const part of keyDef.parts) {
    if (part.type === 'any' || part.type === 'array' || part.type === 'map') {
      throw refuse(`field type '${part.type}' is not supported`);
    }
  }
}

function checkPlain(def: IndexDef, refuse: (reason: string) => Error): void {
  if (def.keyDef.isMultikey) throw refuse(`${def.type} index cannot be multikey`);
  if (def.keyDef.forFuncIndex) throw refuse(`${def.type} index can not use a function`);
}
