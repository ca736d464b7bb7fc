// A restart and a replica make the same data again from rows. Whatever the first server held, the second must hold.
import { describe, expect, test } from 'vitest';
import { encodeRequestBody } from '../../src/bee/box/request.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { decode, encode, type MsgpackValue } from '../../src/bee/wire/msgpack.ts';
import { makeXRow, type XRow } from '../../src/bee/wire/xrow.ts';
import { clusterUuid, instanceUuid, SmallBox, shownRow } from './small-box.ts';

const { INSERT, NOP, UPDATE } = IprotoType;

function insertRow(spaceId: number, tuple: MsgpackValue[], origin: Partial<XRow> = {}): XRow {
  const body = encodeRequestBody({
    type: INSERT,
    spaceId,
    indexId: 0,
    indexBase: 0,
    tuple: encode(tuple),
    key: undefined,
    ops: undefined,
    header: undefined,
  });
  return { ...makeXRow(INSERT, body), ...origin };
}

/** A box made from another's snapshot and, after it, rows of its log. */
function recovered(snapshot: readonly XRow[], log: readonly XRow[] = []): SmallBox {
  const small = new SmallBox({ isEmpty: true });
  for (const row of snapshot) small.box.applySnapshotRow(row);
  small.box.endSnapshot();
  for (const row of log) small.box.applyRow(row);
  small.box.endRecovery();
  small.isJoining = false;
  return small;
}

function snapshotOf(small: SmallBox): XRow[] {
  return Array.from(small.box.readView().rows(), ({ spaceId, tuple }) => {
    const value = decode(tuple);
    return insertRow(spaceId, Array.isArray(value) ? value : []);
  });
}

/** A server on which much has happened. */
function busy(): SmallBox {
  const small = new SmallBox();
  const { box } = small;
  const t = small.space(
    't',
    {
      format: [
        ['id', 'unsigned'],
        ['name', 'string'],
      ],
    },
    {
      pk: {},
      name: { parts: [2, 'string'], unique: false },
      hash: { type: 'hash', parts: [1, 'unsigned'] },
    },
  );
  for (let id = 1; id <= 50; id++) small.insert(t, [id, `n${id % 7}`]);
  const many = small.space(
    'many',
    {},
    {
      pk: { sequence: true },
      words: { unique: false, parts: { 1: { field: 2, type: 'string', path: '[*]' } } },
      place: { type: 'rtree', parts: [3, 'array'] },
      bits: { type: 'bitset', unique: false, parts: [4, 'unsigned'] },
    },
  );
  for (let id = 1; id <= 20; id++) {
    small.insert(many, [null, ['a', `w${id % 3}`], [id, id], id]);
  }
  box.truncate(t);
  for (let id = 1; id <= 10; id++) small.insert(t, [id, `n${id}`]);
  small.update(t, [3], [['=', 'name', 'changed']]);
  small.delete(t, [4]);
  box.ddl.createUser('u', undefined);
  box.ddl.grantUser(['u', 'read', 'space', 't']);
  box.ddl.createRole('r', undefined);
  box.ddl.grantUser(['u', 'r']);
  box.ddl.createSequence('s', undefined);
  box.sequenceNext(box.schema.sequenceByName('s')?.def.id ?? 0);
  const gone = small.space('gone');
  small.insert(gone, [1]);
  box.ddl.dropSpace(gone, 'gone', undefined);
  const local = small.space('local', { is_local: true });
  small.insert(local, [1]);
  const temporary = small.space('temporary', { temporary: true });
  small.insert(temporary, [1]);
  return small;
}

function indexContents(small: SmallBox): Map<string, MsgpackValue[]> {
  const contents = new Map<string, MsgpackValue[]>();
  for (const name of ['t', 'many', 'local']) {
    const space = small.box.schema.spaceByName(name);
    for (const index of space?.indexes ?? []) {
      contents.set(`${name}.${index.name}`, small.select(space?.id ?? 0, 2, [], index.id));
    }
  }
  return contents;
}

describe('a restart', () => {
  test('from the snapshot gives the same data in all indexes', () => {
    const first = busy();
    const second = recovered(snapshotOf(first));
    expect(second.content()).toEqual(first.content());
    // The hash has an order of its own history; all others are the same.
    const [was, is] = [indexContents(first), indexContents(second)];
    expect(is.get('t.hash')?.length).toBe(was.get('t.hash')?.length);
    was.delete('t.hash');
    is.delete('t.hash');
    expect(is).toEqual(was);
  });

  test('from the first snapshot and the whole log gives the same data', () => {
    const first = busy();
    const fresh = snapshotOf(new SmallBox());
    const second = recovered(fresh, first.rows);
    expect(second.content()).toEqual(first.content());
    expect(indexContents(second)).toEqual(indexContents(first));
  });

  test('writes nothing to the log, and goes on where the first one stopped', () => {
    const first = busy();
    const second = recovered(snapshotOf(first));
    expect(second.rows).toEqual([]);
    const many = second.box.schema.spaceByName('many')?.id ?? 0;
    expect(second.insert(many, [null, [], [1, 1], 1])).toEqual([21, [], [1, 1], 1]);
    const t = second.box.schema.spaceByName('t')?.id ?? 0;
    const user = second.box.schema.userByName('u');
    expect(user).toBeDefined();
    if (user !== undefined) second.box.current.credentials = user.credentials;
    expect(second.get(t, [1])).toEqual([1, 'n1']);
    expect(() => second.insert(t, [100, 'x'])).toThrow(
      "Write access to space 't' is denied for user 'u'",
    );
  });

  test('forgets what was temporary, but not that it was there', () => {
    const second = recovered(snapshotOf(busy()));
    const temporary = second.box.schema.spaceByName('temporary')?.id ?? 0;
    expect(second.select(temporary)).toEqual([]);
    expect(second.insert(temporary, [5])).toEqual([5]);
  });

  test('finds out that a secondary index has a key twice', () => {
    const first = new SmallBox();
    const t = first.space('t', {}, { pk: {}, sk: { parts: [2, 'unsigned'] } });
    first.insert(t, [1, 1]);
    const rows = [...snapshotOf(first), insertRow(t, [2, 1])];
    expect(() => recovered(rows)).toThrow("Duplicate key exists in unique index 'sk' in space 't'");
  });

  test('refuses a snapshot with anything but inserts in it', () => {
    const small = new SmallBox({ isEmpty: true });
    const [row] = snapshotOf(new SmallBox());
    expect(row).toBeDefined();
    if (row === undefined) return;
    expect(() => small.box.applySnapshotRow({ ...row, type: UPDATE })).toThrow(
      'Unknown request type',
    );
  });

  test('can be begun again', () => {
    const first = busy();
    const rows = snapshotOf(first);
    const second = recovered(snapshotOf(new SmallBox()));
    second.space('other');
    second.box.reset();
    second.isJoining = true;
    for (const row of rows) second.box.applySnapshotRow(row);
    second.box.endSnapshot();
    second.box.endRecovery();
    expect(second.content()).toEqual(first.content());
    expect(second.box.schema.spaceByName('other')).toBeUndefined();
  });
});

describe('a fresh server', () => {
  test('holds the real server’s 513 system tuples and the two UUIDs', () => {
    const small = new SmallBox();
    expect(small.box.readView().length).toBe(513);
    expect(small.get(272, ['cluster'])).toEqual(['cluster', clusterUuid]);
    expect(small.select(320)).toEqual([[1, instanceUuid]]);
  });
});

describe('a read view', () => {
  test('does not see what changes later', () => {
    const small = busy();
    const t = small.box.schema.spaceByName('t')?.id ?? 0;
    const before = small.content();
    const view = small.box.readView();
    small.update(t, [1], [['=', 2, 'later']]);
    small.delete(t, [2]);
    small.insert(t, [99, 'later']);
    small.box.truncate(small.box.schema.spaceByName('many')?.id ?? 0);
    small.box.ddl.dropSpace(t, 't', undefined);
    const seen = new Map<number, MsgpackValue[]>();
    for (const { spaceId, tuple } of view.rows()) {
      seen.set(spaceId, [...(seen.get(spaceId) ?? []), decode(tuple)]);
    }
    expect(seen).toEqual(before);
    view.close();
    expect([...view.rows()]).toEqual([]);
  });

  test('has spaces by id, tuples by primary key, local spaces marked', () => {
    const small = busy();
    const rows = Array.from(small.box.readView().rows(), ({ spaceId, groupId }) => [
      spaceId,
      groupId,
    ]);
    const ids = rows.map(([spaceId]) => spaceId ?? 0);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    const local = small.box.schema.spaceByName('local')?.id;
    expect(rows.filter(([, groupId]) => groupId === 1)).toEqual([[local, 1]]);
  });
});

describe('a transaction of another server', () => {
  const origin = (lsn: number): Partial<XRow> => ({ replicaId: 2, lsn, timestamp: 5, tsn: 1 });

  test('keeps its origin, all rows in one entry', () => {
    const small = new SmallBox();
    const t = small.space('t');
    const from = small.rows.length;
    small.writesAtOnce = false;
    small.box.applyTransaction([insertRow(t, [1], origin(1)), insertRow(t, [2], origin(2))]);
    expect(small.pending.length).toBe(1);
    const shown = small.rows
      .slice(from)
      .map((row) => [row.replicaId, row.lsn, row.tsn, ...shownRow(row)]);
    expect(shown).toEqual([
      [2, 1, 1, INSERT, t, [1]],
      [2, 2, 1, INSERT, t, [2]],
    ]);
  });

  test('is all or nothing, and says which row failed', () => {
    const small = new SmallBox();
    const t = small.space('t');
    small.insert(t, [2]);
    const from = small.rows.length;
    const rows = [insertRow(t, [1], origin(1)), insertRow(t, [2], origin(2))];
    expect(() => small.box.applyTransaction(rows)).toThrow('Duplicate key');
    expect(small.box.failedRow).toBe(1);
    expect(small.select(t)).toEqual([[2]]);
    expect(small.rows.length).toBe(from);
    expect(small.box.isInTxn).toBe(false);
  });

  test('may skip conflicts: a NOP keeps the row’s place', () => {
    const small = new SmallBox();
    const t = small.space('t');
    small.insert(t, [2]);
    const from = small.rows.length;
    const rows = [insertRow(t, [1], origin(1)), insertRow(t, [2], origin(2))];
    small.box.applyTransaction(rows, true);
    expect(small.rows.slice(from).map(({ type, lsn }) => [type, lsn])).toEqual([
      [INSERT, 1],
      [NOP, 2],
    ]);
    expect(small.select(t)).toEqual([[1], [2]]);
    expect(small.log.join()).toContain('Duplicate key');
  });

  test('is applied on a read-only server, too', () => {
    const small = new SmallBox();
    const t = small.space('t');
    small.isReadOnly = true;
    small.box.applyTransaction([insertRow(t, [1], origin(1))]);
    expect(small.select(t)).toEqual([[1]]);
  });
});

describe('the servers of the replica set', () => {
  const uuid = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeee03';

  test('are told of when their row is in the log', () => {
    const small = new SmallBox();
    const told: unknown[] = [];
    small.box.hooks.onClusterChange = (id, name) => void told.push([id, name]);
    small.writesAtOnce = false;
    small.insert(320, [2, uuid]);
    expect(told).toEqual([]);
    small.write();
    small.delete(320, [2]);
    small.write();
    expect(told).toEqual([
      [2, uuid],
      [2, undefined],
    ]);
  });

  test('are not told of when their row never gets there', () => {
    const small = new SmallBox();
    const told: unknown[] = [];
    small.box.hooks.onClusterChange = (id, name) => void told.push([id, name]);
    small.writesAtOnce = false;
    small.insert(320, [2, uuid]);
    small.fail();
    expect(told).toEqual([]);
    expect(small.select(320)).toEqual([[1, instanceUuid]]);
  });
});
