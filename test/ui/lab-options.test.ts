/** What the author of a page asked a lab for and cannot have is said, in sentences. */
import { expect, test } from 'vitest';
import { readBlock, readOptions } from '../../src/ui/embed/options.ts';

function problemsOf(address: string): readonly string[] {
  const parameters = new URLSearchParams(address);
  const blocks = parameters.getAll('block').map((text) => readBlock(text, 1));
  return readOptions((name) => parameters.get(name), blocks, parameters.keys()).problems;
}

test('a frame takes all that README names', () => {
  const all =
    'lesson=a&step=b&terminals=2&height=300&theme=dark&session=kept&autorun&cluster&id=x&origin=y';
  expect(problemsOf(all)).toEqual([]);
  expect(problemsOf('block=ls&block=bee')).toEqual([]);
});

test('a misspelt option is named, with those that there are', () => {
  expect(problemsOf('teminals=3&teminals=4')).toEqual([
    'There is no option "teminals"; there are lesson, step, terminals, height, theme, session, autorun, cluster, block, id, origin.',
  ]);
});

test('a lesson and a program do not go together', () => {
  expect(problemsOf('lesson=files&block=ls')).toEqual([
    'lesson is "files", and there are blocks: one lab has one of the two.',
  ]);
});
