/**
 * The checkers see: a known bug that is built in is caught. Here those that a few seeds catch; `npm run sim -- --mutations` tries
 * all of them and prints the table.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../tools/source-tree.ts';
import { catchMutation } from './catch-mutations.ts';
import { mutations } from './mutations.ts';

const quick = mutations.filter(({ seedsMax }) => seedsMax <= 10);

describe('a bug that is built in', () => {
  it('is on a list of at least ten', () => {
    expect(mutations.length).toBeGreaterThanOrEqual(10);
    expect(quick.length).toBeGreaterThanOrEqual(6);
  });

  it.each(mutations)('$name: its place is in the source, once', ({ file, find }) => {
    expect(readFileSync(join(root, file), 'utf8').split(find)).toHaveLength(2);
  });

  it.each(quick)('$name: caught within $seedsMax seeds', { timeout: 120_000 }, async (mutation) => {
    const { seeds, outcome } = await catchMutation(mutation);
    expect(seeds, `${mutation.name}: no seed up to ${mutation.seedsMax} failed`).toBeDefined();
    expect(outcome?.message).not.toBe('');
  });
});
