import { isRecord } from './machine/kept.ts';

/** How the playground's terminals stand; 'auto' beside each other while there are few, then in a grid. */
export type Arrangement = 'auto' | 'split' | 'grid' | 'tabs';

/** Reads an arrangement from storage or from a session that came from elsewhere. */
export function readArrangement(value: unknown): Arrangement {
  return value === 'split' || value === 'grid' || value === 'tabs' ? value : 'auto';
}

/** Reads sizes of panels from storage or from a session that came from elsewhere. */
export function readLayouts(value: unknown): Record<string, Record<string, number>> {
  if (!isRecord(value)) return {};
  const layouts: Record<string, Record<string, number>> = {};
  for (const [group, sizes] of Object.entries(value)) {
    if (!isRecord(sizes)) continue;
    const numbers = Object.entries(sizes).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
    layouts[group] = Object.fromEntries(numbers);
  }
  return layouts;
}
