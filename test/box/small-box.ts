/**
 * A box with nothing around it: a journal that keeps what it is given until the test says what becomes of it, a log that is a
 * list, and calls that take JavaScript values.
 */
import { Box, type BoxContext } from '../../src/bee/box/box.ts';
import { DdlTable, type DdlValue } from '../../src/bee/box/ddl-value.ts';
import { clientError } from '../../src/bee/box/error.ts';
import type { JournalEntry } from '../../src/bee/box/journal.ts';
import type { Tuple } from '../../src/bee/box/tuple.ts';
import { decode, encode, type MsgpackValue } from '../../src/bee/wire/msgpack.ts';
import { decodeDml } from '../../src/bee/wire/requests.ts';
import type { XRow } from '../../src/bee/wire/xrow.ts';

export const instanceUuid = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeee01';
export const clusterUuid = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeee02';

/** A plain value as an option of `db.schema`: objects and lists become Lua tables. */
export type Plain = DdlValue | readonly Plain[] | { readonly [name: string]: Plain };

export class SmallBox {
  readonly box: Box;
  /** Entries whose fate is not decided yet. */
  readonly pending: JournalEntry[] = [];
  /** All rows that were handed to the journal. */
  readonly rows: XRow[] = [];
  readonly log: string[] = [];
  isReadOnly = false;
  /** Rows of `_cluster` may name this server. */
  isJoining = true;
  /** Entries are written as soon as they come. */
  writesAtOnce = true;
  /** Thrown by the journal instead of taking an entry. */
  refusal: Error | undefined;

  /** @param isEmpty without the system tuples, as before recovery */
  constructor({ isEmpty = false } = {}) {
    this.box = new Box({
      journal: { submit: (entry) => this.#submit(entry) },
      log: (level, text) => {
        this.log.push(`${level}> ${text}`);
      },
      isReadOnly: () => this.isReadOnly,
      instanceId: () => 1,
      synchroQuorum: () => 1,
      limboChanged: () => {},
      panic: (message) => {
        throw new Error(message);
      },
      localTime: () => '2020-01-01 00:00:00',
    });
    // As the server's replication does.
    this.box.hooks.checkClusterChange = (id) => {
      if (id === 1 && !this.isJoining) throw clientError('LOCAL_INSTANCE_ID_IS_READ_ONLY', id);
    };
    if (isEmpty) return;
    this.box.bootstrap([instanceUuid], clusterUuid);
    this.isJoining = false;
  }

  #submit(entry: JournalEntry): void {
    if (this.refusal !== undefined) throw this.refusal;
    this.pending.push(entry);
    this.rows.push(...entry.rows);
    if (this.writesAtOnce) this.write();
  }

  /** Everything pending is in the log. */
  write(): void {
    for (const entry of this.pending.splice(0)) entry.onWritten();
  }

  /** Nothing pending will ever be in the log. */
  fail(): void {
    for (const entry of this.pending.splice(0).reverse()) entry.onFailed();
  }

  /** Makes a space with a primary key on field 1, and perhaps more indexes. @returns its id */
  space(
    name: string,
    options?: Plain,
    indexes: Readonly<Record<string, Plain>> = { pk: {} },
  ): number {
    const { space } = this.box.ddl.createSpace(name, plain(options));
    for (const [index, indexOptions] of Object.entries(indexes)) {
      this.box.ddl.createIndex(space.id, index, plain(indexOptions));
    }
    return space.id;
  }

  insert(spaceId: number, tuple: MsgpackValue[]): MsgpackValue | undefined {
    return valueOf(this.box.insert(spaceId, encode(tuple)));
  }

  replace(spaceId: number, tuple: MsgpackValue[]): MsgpackValue | undefined {
    return valueOf(this.box.replace(spaceId, encode(tuple)));
  }

  delete(spaceId: number, key: MsgpackValue[], indexId = 0): MsgpackValue | undefined {
    return valueOf(this.box.delete(spaceId, indexId, encode(key)));
  }

  /** Field numbers count from 1. */
  update(
    spaceId: number,
    key: MsgpackValue[],
    ops: MsgpackValue[],
    indexId = 0,
  ): MsgpackValue | undefined {
    return valueOf(this.box.update(spaceId, indexId, encode(key), encode(ops), 1));
  }

  get(spaceId: number, key: MsgpackValue[], indexId = 0): MsgpackValue | undefined {
    return valueOf(this.box.get(spaceId, indexId, encode(key)));
  }

  select(spaceId: number, iterator = 2, key: MsgpackValue[] = [], indexId = 0): MsgpackValue[] {
    return this.box
      .select(spaceId, indexId, iterator, 0, 0xffffffff, encode(key))
      .map((tuple) => decode(tuple.bytes()));
  }

  /** Runs in a transaction of its own context, as another fiber would. */
  inFiber<T>(context: BoxContext, body: () => T): T {
    const before = this.box.current;
    this.box.current = context;
    try {
      return body();
    } finally {
      this.box.current = before;
    }
  }

  /** A context for another fiber of the same session. */
  fiber(): BoxContext {
    return this.box.makeContext(this.box.current.session);
  }

  /** Every tuple that a snapshot would hold, by space. */
  content(): Map<number, MsgpackValue[]> {
    const content = new Map<number, MsgpackValue[]>();
    for (const { spaceId, tuple } of this.box.readView().rows()) {
      const tuples = content.get(spaceId) ?? [];
      tuples.push(decode(tuple));
      content.set(spaceId, tuples);
    }
    return content;
  }
}

export function valueOf(tuple: Tuple | undefined): MsgpackValue | undefined {
  return tuple === undefined ? undefined : decode(tuple.bytes());
}

/** What a row changes, for comparing: request type, space and the parts of the body. */
export function shownRow(row: XRow): MsgpackValue[] {
  const { spaceId = 0, key, tuple, ops } = decodeDml(row.type, row.body);
  const parts = [tuple, key, ops].filter((part) => part !== undefined).map((part) => decode(part));
  return [row.type, spaceId, ...parts];
}

/** An object, a list or a plain value as `db.schema` takes it. */
export function plain(value: Plain): DdlValue {
  if (Array.isArray(value)) {
    return new DdlTable(value.map((item, at) => [at + 1, plain(item)]));
  }
  if (typeof value !== 'object' || value === null || value instanceof DdlTable) {
    // The cast is right: lists and objects were dealt with.
    return value as DdlValue;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value as DdlValue;
  return new DdlTable(
    Object.entries(value).map(([name, item]) => [
      /^\d+$/.test(name) ? Number(name) : name,
      plain(item),
    ]),
  );
}
