// A space's triggers see and change what happens in it; the log must hold what came of that.
import { describe, expect, test } from 'vitest';
import type { Tuple } from '../../src/bee/box/tuple.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { encode, type MsgpackValue } from '../../src/bee/wire/msgpack.ts';
import { plain, SmallBox, shownRow, valueOf } from './small-box.ts';

const { INSERT, REPLACE, DELETE, NOP } = IprotoType;

type Change = (
  oldTuple: MsgpackValue | undefined,
  newTuple: MsgpackValue | undefined,
) => MsgpackValue[] | undefined;

function withBefore(small: SmallBox, t: number, change: Change): void {
  small.box.schema.requireSpace(t).beforeReplace.unshift((oldTuple, newTuple) => {
    const changed = change(valueOf(oldTuple), valueOf(newTuple));
    return changed === undefined ? undefined : small.box.newTuple(encode(changed));
  });
}

function asList(value: MsgpackValue | undefined): MsgpackValue[] {
  return Array.isArray(value) ? value : [];
}

/** The rows that a change put into the log. */
function rowsOf(small: SmallBox, change: () => void): MsgpackValue[][] {
  const from = small.rows.length;
  change();
  return small.rows.slice(from).map(shownRow);
}

function spaceWithOne(): readonly [SmallBox, number] {
  const small = new SmallBox();
  const t = small.space('t');
  small.insert(t, [1, 10]);
  return [small, t];
}

describe('before a change', () => {
  test('a trigger puts another tuple in, and the log has that one', () => {
    const [small, t] = spaceWithOne();
    withBefore(small, t, (_, tuple) => [...asList(tuple).slice(0, 2), 'seen']);
    const rows = rowsOf(small, () => {
      expect(small.insert(t, [2, 20])).toEqual([2, 20, 'seen']);
      expect(small.update(t, [1], [['=', 2, 11]])).toEqual([1, 11, 'seen']);
      small.box.upsert(t, encode([3, 30]), encode([]), 1);
    });
    expect(rows).toEqual([
      [REPLACE, t, [2, 20, 'seen']],
      [REPLACE, t, [1, 11, 'seen']],
      [REPLACE, t, [3, 30, 'seen']],
    ]);
  });

  test('a trigger drops an insert: nothing happens, and the log has a NOP', () => {
    const [small, t] = spaceWithOne();
    small.box.schema.requireSpace(t).beforeReplace.unshift((old) => old);
    const rows = rowsOf(small, () => {
      expect(small.insert(t, [2, 20])).toBeUndefined();
      small.replace(t, [1, 99]);
    });
    expect(small.select(t)).toEqual([[1, 10]]);
    expect(rows.map(([type]) => type)).toEqual([NOP, NOP]);
  });

  test('a trigger makes a delete of a replace', () => {
    const [small, t] = spaceWithOne();
    withBefore(small, t, () => undefined);
    const rows = rowsOf(small, () => small.replace(t, [1, 99]));
    expect(small.select(t)).toEqual([]);
    expect(rows).toEqual([[DELETE, t, [1]]]);
  });

  test('a trigger may not move the tuple to another key', () => {
    const [small, t] = spaceWithOne();
    withBefore(small, t, () => [7, 7]);
    expect(() => small.replace(t, [1, 99])).toThrow(
      "Attempt to modify a tuple field which is part of index 'pk' in space 't'",
    );
    expect(small.select(t)).toEqual([[1, 10]]);
  });

  test('what a trigger returns must fit the format', () => {
    const [small, t] = spaceWithOne();
    withBefore(small, t, () => ['x']);
    expect(() => small.insert(t, [2])).toThrow(
      'Tuple field 1 type does not match one required by operation: expected unsigned',
    );
  });

  test('several triggers hand the tuple on, the newest first', () => {
    const [small, t] = spaceWithOne();
    withBefore(small, t, (_, tuple) => [...asList(tuple), 'old']);
    withBefore(small, t, (_, tuple) => [...asList(tuple), 'new']);
    expect(small.insert(t, [2])).toEqual([2, 'new', 'old']);
  });
});

describe('at a change', () => {
  test('a trigger sees old and new, also of an upsert and a truncate’s nothing', () => {
    const [small, t] = spaceWithOne();
    const seen: unknown[] = [];
    small.box.schema.requireSpace(t).onReplace.unshift((oldTuple, newTuple, space) => {
      seen.push([valueOf(oldTuple), valueOf(newTuple), space.name]);
    });
    small.insert(t, [2, 20]);
    small.box.upsert(t, encode([2, 0]), encode([['+', 2, 1]]), 1);
    small.delete(t, [1]);
    small.delete(t, [1]);
    small.box.truncate(t);
    expect(seen).toEqual([
      [undefined, [2, 20], 't'],
      [[2, 20], [2, 21], 't'],
      [[1, 10], undefined, 't'],
    ]);
  });

  test('a trigger that throws undoes the change and all it wrote itself', () => {
    const [small, t] = spaceWithOne();
    const log = small.space('log');
    small.box.schema.requireSpace(t).onReplace.unshift((_, tuple) => {
      small.insert(log, [1, 'about to fail']);
      throw new Error(`no ${String(valueOf(tuple))}`);
    });
    const rows = rowsOf(small, () => {
      expect(() => small.insert(t, [2, 20])).toThrow('no 2,20');
    });
    expect(rows).toEqual([]);
    expect(small.select(t)).toEqual([[1, 10]]);
    expect(small.select(log)).toEqual([]);
  });

  test('what a trigger writes is part of the transaction, after the change', () => {
    const [small, t] = spaceWithOne();
    const log = small.space('log');
    small.box.schema.requireSpace(t).onReplace.unshift((_, tuple) => {
      small.replace(log, [1, asList(valueOf(tuple))[0] ?? null]);
    });
    const rows = rowsOf(small, () => small.insert(t, [2, 20]));
    expect(rows).toEqual([
      [INSERT, t, [2, 20]],
      [REPLACE, log, [1, 2]],
    ]);
    small.box.begin();
    small.insert(t, [3, 30]);
    small.box.rollback();
    expect(small.select(log)).toEqual([[1, 2]]);
  });

  test('triggers that call each other end with an error before the stack does', () => {
    const [small, t] = spaceWithOne();
    small.box.schema.requireSpace(t).onReplace.unshift((_, tuple) => {
      small.replace(t, asList(valueOf(tuple)));
    });
    expect(() => small.replace(t, [1, 1])).toThrow(
      'Can not execute a nested statement: nesting limit reached',
    );
    expect(small.select(t)).toEqual([[1, 10]]);
  });

  test('triggers stay when the space is altered', () => {
    const [small, t] = spaceWithOne();
    let calls = 0;
    small.box.schema.requireSpace(t).onReplace.unshift(() => void calls++);
    small.box.ddl.createIndex(t, 'sk', undefined);
    small.box.ddl.renameSpace(t, 'renamed');
    small.box.truncate(t);
    small.insert(t, [5, 5]);
    expect(calls).toBe(1);
  });
});

describe('a functional index', () => {
  function withFunction(body: (tuple: Tuple) => MsgpackValue[]): readonly [SmallBox, number] {
    const small = new SmallBox();
    small.box.hooks.compileFunction = (_name, text) => text;
    small.box.hooks.evaluateFunction = (_compiled, tuple) => encode(body(tuple));
    const func = { body: 'function(t) end', is_deterministic: true, is_sandboxed: true };
    const t = small.space('t');
    small.box.ddl.createFunction('one', plain(func));
    small.box.ddl.createFunction('many', plain({ ...func, opts: { is_multikey: true } }));
    return [small, t];
  }

  const sum = (tuple: Tuple): number => {
    const [, a, b] = asList(valueOf(tuple));
    return Number(a) + Number(b);
  };

  test('holds tuples by what a function makes of them', () => {
    const [small, t] = withFunction((tuple) => [[sum(tuple)]]);
    index(small, t, 'sum', 'one');
    small.insert(t, [1, 5, 5]);
    small.insert(t, [2, 1, 2]);
    expect(() => small.insert(t, [3, 2, 1])).toThrow("unique index 'sum' in space 't'");
    expect(small.select(t, 2, [], 1)).toEqual([
      [2, 1, 2],
      [1, 5, 5],
    ]);
    expect(small.get(t, [10], 1)).toEqual([1, 5, 5]);
    expect(small.update(t, [3], [['=', 2, 100]], 1)).toEqual([2, 100, 2]);
    expect(small.select(t, 5, [11], 1)).toEqual([[2, 100, 2]]);
    expect(small.delete(t, [102], 1)).toEqual([2, 100, 2]);
    expect(small.select(t, 2, [], 1)).toEqual([[1, 5, 5]]);
  });

  test('may hold a tuple several times', () => {
    const [small, t] = withFunction((tuple) => [
      asList(valueOf(tuple))
        .slice(1)
        .map((word) => [word]),
    ]);
    index(small, t, 'words', 'many', 'string');
    small.insert(t, [1, 'b', 'a', 'b']);
    small.insert(t, [2, 'c']);
    expect(small.select(t, 2, [], 1).map((tuple) => asList(tuple)[0])).toEqual([1, 1, 2]);
    expect(() => small.insert(t, [3, 'd', 'a'])).toThrow('Duplicate key');
    expect(small.get(t, ['d'], 1)).toBeUndefined();
    small.replace(t, [1, 'x']);
    expect(small.select(t, 2, [], 1).map((tuple) => asList(tuple)[0])).toEqual([2, 1]);
  });

  test('says what is wrong with what the function returned', () => {
    const answers: MsgpackValue[][] = [[5], [[1, 2]], [['x']], [[1], [2]]];
    const words = [
      'supplied key type is invalid: expected array',
      'Invalid key part count in an exact match (expected 1, got 2)',
      'key does not follow functional index definition',
      'to many values were returned',
    ];
    for (const [at, answer] of answers.entries()) {
      const [small, t] = withFunction(() => answer);
      index(small, t, 'f', 'one');
      expect(() => small.insert(t, [1])).toThrow(words[at]);
      expect(small.select(t)).toEqual([]);
    }
  });

  test('keeps its function from being dropped', () => {
    const [small, t] = withFunction((tuple) => [[sum(tuple)]]);
    index(small, t, 'sum', 'one');
    expect(() => small.box.ddl.dropFunction('one', undefined)).toThrow('function has references');
    small.box.ddl.dropIndex(t, 1);
    small.box.ddl.dropFunction('one', undefined);
    expect(small.box.schema.funcByName('one')).toBeUndefined();
  });

  function index(small: SmallBox, t: number, name: string, func: string, type = 'unsigned'): void {
    small.box.ddl.createIndex(t, name, plain({ func, parts: [1, type] }));
  }
});
