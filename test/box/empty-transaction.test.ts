/** Triggers of a transaction run at its end, also when it has changed nothing: as the real server's do. */
import { expect, test } from 'vitest';
import { SmallBox } from './small-box.ts';

test('on_commit and on_rollback of a transaction without statements', () => {
  const small = new SmallBox();
  const ran: string[] = [];
  const begin = (): void => {
    const { current } = small.box;
    small.box.begin();
    current.txn?.onCommit.push((statements) => ran.push(`commit of ${statements.length}`));
    current.txn?.onRollback.push((statements) => ran.push(`rollback of ${statements.length}`));
  };
  begin();
  small.box.commit();
  expect(ran).toEqual(['commit of 0']);
  begin();
  small.box.rollback();
  expect(ran).toEqual(['commit of 0', 'rollback of 0']);
  expect(small.box.isInTxn).toBe(false);
});
