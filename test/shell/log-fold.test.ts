import { expect, test } from 'vitest';
import { type FoldedLine, LogFold, withCount } from '../../src/shell/log-fold.ts';

/** What stands on the screen after these log lines, each `LEVEL words`. */
function screenOf(...lines: string[]): string[] {
  const fold = new LogFold();
  const screen: FoldedLine[] = [];
  for (const line of lines) {
    const { removed, lines: printed } = fold.add(line.slice(2), line.slice(0, 1));
    screen.splice(screen.length - removed, removed, ...printed);
  }
  return screen.map(withCount);
}

test('a complaint is a repeat up to three lines back, and news behind more', () => {
  expect(screenOf('E no', 'I a', 'I b', 'E no')).toEqual(['no  ×2', 'a', 'b']);
  expect(screenOf('E no', 'I a', 'I b', 'I c', 'E no')).toEqual(['no', 'a', 'b', 'c', 'no']);
});

test('the same words of another level are another message', () => {
  expect(screenOf('W full', 'E full', 'E full')).toEqual(['full', 'full  ×2']);
});
