// What the log is given decides what a restart and a replica have: rows, their order, and what happens when they are not written.
import { describe, expect, test } from 'vitest';
import { ClientError, clientError } from '../../src/bee/box/error.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { encode } from '../../src/bee/wire/msgpack.ts';
import { SmallBox, shownRow, valueOf } from './small-box.ts';

const { INSERT, REPLACE, UPDATE, DELETE, UPSERT, NOP } = IprotoType;

function newRows(small: SmallBox, change: () => void): ReturnType<typeof shownRow>[] {
  const from = small.rows.length;
  change();
  return small.rows.slice(from).map(shownRow);
}

describe('rows of a statement', () => {
  test('hold what was asked, not what came of it', () => {
    const small = new SmallBox();
    const t = small.space('t');
    const rows = newRows(small, () => {
      small.insert(t, [1, 10]);
      small.replace(t, [1, 20]);
      small.update(t, [1], [['+', 2, 5]]);
      small.box.upsert(t, encode([1, 0]), encode([['+', 2, 1]]), 1);
      small.delete(t, [1]);
    });
    expect(rows).toEqual([
      [INSERT, t, [1, 10]],
      [REPLACE, t, [1, 20]],
      [UPDATE, t, [['+', 2, 5]], [1]],
      [UPSERT, t, [1, 0], [['+', 2, 1]]],
      [DELETE, t, [1]],
    ]);
  });

  test('are there for a delete and an update that found nothing', () => {
    const small = new SmallBox();
    const t = small.space('t');
    const rows = newRows(small, () => {
      small.delete(t, [5]);
      small.update(t, [5], [['=', 2, 1]]);
    });
    expect(rows).toEqual([
      [DELETE, t, [5]],
      [UPDATE, t, [['=', 2, 1]], [5]],
    ]);
  });

  test('name the primary key, whatever index the tuple was found by', () => {
    const small = new SmallBox();
    const t = small.space('t', {}, { pk: {}, sk: { parts: [2, 'string'] } });
    small.insert(t, [1, 'a']);
    small.insert(t, [2, 'b']);
    const rows = newRows(small, () => {
      small.update(t, ['a'], [['=', 3, 0]], 1);
      small.delete(t, ['b'], 1);
    });
    expect(rows).toEqual([
      [UPDATE, t, [['=', 3, 0]], [1]],
      [DELETE, t, [2]],
    ]);
  });

  test('are not made of what failed', () => {
    const small = new SmallBox();
    const t = small.space('t');
    small.insert(t, [1]);
    const rows = newRows(small, () => {
      expect(() => small.insert(t, [1])).toThrow('Duplicate key');
      expect(() => small.insert(t, ['x'])).toThrow('expected unsigned');
    });
    expect(rows).toEqual([]);
  });

  test('carry the number that a sequence gave', () => {
    const small = new SmallBox();
    const t = small.space('t', {}, { pk: { sequence: true } });
    const rows = newRows(small, () => {
      small.insert(t, [null, 'a']);
      small.insert(t, [null, 'b']);
    });
    expect(rows).toEqual([
      [INSERT, t, [1, 'a']],
      [INSERT, t, [2, 'b']],
    ]);
  });

  test('of a temporary space are not made, those of a local one stay here', () => {
    const small = new SmallBox();
    const temporary = small.space('temporary', { temporary: true });
    const local = small.space('local', { is_local: true });
    const from = small.rows.length;
    small.insert(temporary, [1]);
    small.insert(local, [1]);
    expect(small.rows.slice(from).map((row) => row.groupId)).toEqual([1]);
    expect(small.select(temporary)).toEqual([[1]]);
  });

  test('of db.schema are the writes to system spaces', () => {
    const small = new SmallBox();
    const rows = newRows(small, () => {
      small.box.ddl.createUser('u', undefined);
    });
    expect(rows.map(([type, space]) => [type, space])).toEqual([
      [INSERT, 304],
      [REPLACE, 312],
      [REPLACE, 312],
      [REPLACE, 312],
    ]);
  });
});

describe('a transaction', () => {
  test('is one entry, and nothing before its commit', () => {
    const small = new SmallBox();
    small.writesAtOnce = false;
    const t = small.space('t');
    small.write();
    small.box.begin();
    small.insert(t, [1]);
    small.insert(t, [2]);
    expect(small.pending).toEqual([]);
    expect(small.box.commit()).toBe(true);
    expect(small.pending.map((entry) => entry.rows.map(shownRow))).toEqual([
      [
        [INSERT, t, [1]],
        [INSERT, t, [2]],
      ],
    ]);
  });

  test('with nothing to write commits without the journal', () => {
    const small = new SmallBox();
    const t = small.space('t', { temporary: true });
    const from = small.rows.length;
    small.box.begin();
    small.insert(t, [1]);
    expect(small.box.commit()).toBe(false);
    expect(small.rows.length).toBe(from);
  });

  test('that ends with a local row ends with a NOP, so that replicas see its end', () => {
    const small = new SmallBox();
    const local = small.space('local', { is_local: true });
    const t = small.space('t');
    const from = small.rows.length;
    small.box.begin();
    small.insert(t, [1]);
    small.insert(local, [1]);
    small.box.commit();
    expect(small.rows.slice(from).map(({ type, groupId }) => [type, groupId])).toEqual([
      [INSERT, 0],
      [INSERT, 1],
      [NOP, 0],
    ]);
    small.box.begin();
    small.insert(local, [2]);
    small.insert(local, [3]);
    small.box.commit();
    expect(small.rows.slice(from + 3).map(({ type }) => type)).toEqual([INSERT, INSERT]);
  });
});

describe('when the log fails', () => {
  test('what it was given is taken back, the last first', () => {
    const small = new SmallBox();
    const t = small.space('t', {}, { pk: {}, sk: { parts: [2, 'unsigned'] } });
    small.insert(t, [1, 10]);
    const before = small.content();
    small.writesAtOnce = false;
    small.replace(t, [1, 20]);
    small.insert(t, [2, 10]);
    small.update(t, [1], [['=', 2, 30]]);
    small.delete(t, [2]);
    small.insert(t, [3, 20]);
    small.fail();
    expect(small.content()).toEqual(before);
    expect(small.select(t, 2, [], 1)).toEqual([[1, 10]]);
  });

  test('changes of the schema are taken back, too', () => {
    const small = new SmallBox();
    const t = small.space('t');
    small.insert(t, [1, 'a']);
    const before = small.content();
    small.writesAtOnce = false;
    const q = small.space('q');
    small.insert(q, [1]);
    small.box.ddl.createUser('u', undefined);
    small.box.ddl.createIndex(t, 'sk', undefined);
    small.box.truncate(t);
    small.insert(t, [5, 'b']);
    small.box.ddl.dropSpace(t, 't', undefined);
    small.fail();
    expect(small.content()).toEqual(before);
    expect(small.box.schema.spaceByName('q')).toBeUndefined();
    expect(small.box.schema.userByName('u')).toBeUndefined();
    expect(small.select(t)).toEqual([[1, 'a']]);
    small.writesAtOnce = true;
    // The fiber hears once that rows of its own are lost.
    expect(() => small.insert(t, [2, 'c'])).toThrow('Failed to write to disk');
    expect(small.insert(t, [2, 'c'])).toEqual([2, 'c']);
  });

  test('open transactions that saw it are rolled back and say why', () => {
    const small = new SmallBox();
    const t = small.space('t');
    small.writesAtOnce = false;
    small.insert(t, [1]);
    const other = small.fiber();
    small.inFiber(other, () => {
      small.box.begin();
      small.insert(t, [2]);
    });
    small.fail();
    expect(small.select(t)).toEqual([]);
    small.inFiber(other, () => {
      expect(() => small.box.commit()).toThrow('Failed to write to disk');
      expect(small.box.isInTxn).toBe(false);
    });
    expect(small.select(t)).toEqual([]);
  });

  test('a journal that refuses leaves nothing behind', () => {
    const small = new SmallBox();
    const t = small.space('t');
    small.insert(t, [1, 1]);
    small.refusal = clientError('WAL_IO');
    expect(() => small.replace(t, [1, 2])).toThrow(ClientError);
    small.box.begin();
    small.replace(t, [1, 3]);
    expect(() => small.box.commit()).toThrow(ClientError);
    expect(small.box.isInTxn).toBe(false);
    small.refusal = undefined;
    expect(small.select(t)).toEqual([[1, 1]]);
  });
});

describe('triggers of a transaction', () => {
  test('run when it is written, with the statements in order', () => {
    const small = new SmallBox();
    small.writesAtOnce = false;
    const t = small.space('t');
    small.write();
    const seen: unknown[] = [];
    small.box.begin();
    small.box.txnTriggers('onCommit')?.unshift((statements) => {
      for (const { oldTuple, newTuple } of statements) {
        seen.push([valueOf(oldTuple), valueOf(newTuple)]);
      }
    });
    small.insert(t, [1, 'a']);
    small.replace(t, [1, 'b']);
    small.delete(t, [1]);
    expect(small.box.hasTxnTriggers).toBe(true);
    small.box.commit();
    expect(seen).toEqual([]);
    small.write();
    expect(seen).toEqual([
      [undefined, [1, 'a']],
      [
        [1, 'a'],
        [1, 'b'],
      ],
      [[1, 'b'], undefined],
    ]);
  });

  test('of a rollback run with the statements last first', () => {
    const small = new SmallBox();
    const t = small.space('t');
    const seen: unknown[] = [];
    small.box.begin();
    small.box.txnTriggers('onRollback')?.unshift((statements) => {
      for (const { newTuple } of statements) seen.push(valueOf(newTuple));
    });
    small.insert(t, [1]);
    small.insert(t, [2]);
    small.box.rollback();
    expect(seen).toEqual([[2], [1]]);
  });

  test('of a commit that the log refused: those of the rollback run instead', () => {
    const small = new SmallBox();
    small.writesAtOnce = false;
    const t = small.space('t');
    small.write();
    const seen: string[] = [];
    small.box.begin();
    small.box.txnTriggers('onCommit')?.unshift(() => void seen.push('commit'));
    small.box.txnTriggers('onRollback')?.unshift(() => void seen.push('rollback'));
    small.insert(t, [1]);
    small.box.commit();
    small.fail();
    expect(seen).toEqual(['rollback']);
  });
});

describe('a fiber that yields inside a transaction', () => {
  test('loses it, and its commit says so', () => {
    const small = new SmallBox();
    const t = small.space('t');
    small.box.begin();
    small.insert(t, [1]);
    small.box.onYield(small.box.current);
    expect(small.select(t)).toEqual([]);
    // The real server goes on to take statements, too.
    small.insert(t, [2]);
    expect(() => small.box.commit()).toThrow('Transaction has been aborted by a fiber yield');
    expect(small.box.isInTxn).toBe(false);
    expect(small.select(t)).toEqual([]);
  });

  test('keeps one that has touched nothing yet', () => {
    const small = new SmallBox();
    const t = small.space('t');
    small.box.begin();
    small.box.onYield(small.box.current);
    small.insert(t, [1]);
    small.box.commit();
    expect(small.select(t)).toEqual([[1]]);
  });

  test('that ends inside a transaction rolls it back', () => {
    const small = new SmallBox();
    const t = small.space('t');
    const other = small.fiber();
    small.inFiber(other, () => {
      small.box.begin();
      small.insert(t, [1]);
    });
    small.box.onFiberStop(other);
    expect(small.select(t)).toEqual([]);
  });
});

test('a read-only server writes only what stays here', () => {
  const small = new SmallBox();
  const t = small.space('t');
  const local = small.space('local', { is_local: true });
  const temporary = small.space('temporary', { temporary: true });
  small.isReadOnly = true;
  const refused = "Can't modify data because this instance is in read-only mode.";
  expect(() => small.insert(t, [1])).toThrow(refused);
  expect(() => small.box.truncate(t)).toThrow(refused);
  expect(() => small.space('other')).toThrow(refused);
  expect(small.insert(local, [1])).toEqual([1]);
  expect(small.insert(temporary, [1])).toEqual([1]);
  expect(small.log).toContain(`E> ER_READONLY: ${refused}`);
});
