// The box is only right when it says and does what the real server does: the same steps, the same tuples, the same words.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { playScene, type Shown } from './player.ts';
import { scenes } from './scenes.ts';

interface Recording {
  readonly name: string;
  readonly results: readonly Shown[];
}

const recordings: readonly Recording[] = readFileSync(
  new URL('recorded.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

describe('as the real server', () => {
  for (const [at, { name, steps }] of scenes.entries()) {
    test(name, () => {
      const recording = recordings[at];
      expect(recording?.name).toBe(name);
      const results = playScene(steps);
      // Step by step, so that a failure shows the step.
      const pair = (list: readonly Shown[] | undefined) =>
        steps.map((step, number) => ({ step, gives: list?.[number] }));
      expect(pair(results)).toEqual(pair(recording?.results));
    });
  }
});
