/** A savepoint from outside a statement is none for the triggers of that statement: as in the real server. */
import { expect, test } from 'vitest';
import { SmallBox } from './small-box.ts';

test('a trigger cannot go back to before the statement that it runs for', () => {
  const small = new SmallBox();
  const { box } = small;
  const t = small.space('t');
  const said: string[] = [];
  box.begin();
  const savepoint = box.savepoint();
  box.schema.requireSpace(t).onReplace.unshift(() => {
    try {
      box.rollbackToSavepoint(savepoint);
      said.push('went back');
    } catch (error) {
      said.push(String(error));
    }
  });
  small.insert(t, [1]);
  box.commit();
  expect(said).toEqual([
    expect.stringContaining('Can not rollback to savepoint: the savepoint does not exist'),
  ]);
  expect(small.select(t)).toEqual([[1]]);
});
