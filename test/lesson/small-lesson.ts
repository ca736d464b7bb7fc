import type { CommandBlock, Lesson } from '../../src/lesson/index.ts';

/** A lesson for one terminal, to be filled. */
export const emptyLesson: Lesson = {
  id: 'some',
  title: '',
  summary: '',
  minutes: 1,
  order: 1,
  terminals: 1,
  intro: [],
  steps: [],
};

/** Lines to be typed into a terminal. */
export function command(id: string, terminal: number, ...lines: string[]): CommandBlock {
  return { kind: 'command', id, terminal, lines, html: '' };
}
