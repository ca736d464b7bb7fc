import type { Logger } from '../base/logger.ts';
import type { Schema } from './schema.ts';
import type { Space } from './space.ts';

/** Builds what recovery left out: the secondary indexes of all spaces that users made. */
export function buildSecondaryIndexes(schema: Schema, log: Logger): void {
  for (const space of schema.spaces()) {
    if (space.engine === 'memtx' && space.replaceMode === 'primary') buildSpace(space, log);
  }
}

function buildSpace(space: Space, log: Logger): void {
  const [primary, ...secondary] = space.indexes;
  if (primary !== undefined && secondary.length > 0) {
    if (primary.length > 0) {
      log('I', `Building secondary indexes in space '${space.name}'...`);
    }
    const tuples = primary.tuples();
    for (const index of secondary) {
      if (tuples.length > 0) {
        log('I', `Adding ${tuples.length} keys to ${index.type} index '${index.name}' ...`);
      }
      index.build(tuples);
    }
    if (tuples.length > 0) log('I', `Space '${space.name}': done`);
  }
  space.replaceMode = 'all';
}
