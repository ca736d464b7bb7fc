/** Frames of replication: requests, marks, heartbeats, rows. The layouts are in `wire/`; here is when which one is sent. */

import { Vclock } from '../wal/vclock.ts';
import { beginFrame, endFrame, writeXRowFrame } from '../wire/iproto.ts';
import { IprotoKey, IprotoType } from '../wire/iproto-constants.ts';
import { decodeErrorBody } from '../wire/iproto-response.ts';
import { MsgpackWriter } from '../wire/msgpack.ts';
import { encodeVclockBody } from '../wire/replication-requests.ts';
import { makeXRow, type XRow } from '../wire/xrow.ts';
import type { Channel } from './channel.ts';
import type { ErrorFactory, ServerError } from './error.ts';

/** Id of a request, given back in what answers it; replicas of the real server use none (0). */
export type Sync = number | bigint;

const scratch = new MsgpackWriter(256);

/** A request or an answer without id, LSN or time. */
export function makeFrame(type: number, body?: Uint8Array, sync: Sync = 0): Uint8Array {
  scratch.reset();
  writeXRowFrame(scratch, { ...makeXRow(type, body), sync });
  return scratch.finish();
}

/** Sends a small request. */
export function send(channel: Channel, type: number, body?: Uint8Array): void {
  channel.send(makeFrame(type, body));
}

/** OK with a vclock: a mark of a join, or an acknowledgement. */
export function vclockFrame(vclock: Vclock, sync: Sync = 0): Uint8Array {
  return makeFrame(IprotoType.OK, encodeVclockBody(vclock.entries()), sync);
}

/** A message of the master that has its id, and for a heartbeat its time, in the header. */
export function masterFrame(
  ownId: number,
  timestamp: number,
  sync: Sync,
  body?: Uint8Array,
): Uint8Array {
  scratch.reset();
  const row = makeXRow(IprotoType.OK, body);
  writeXRowFrame(scratch, { ...row, replicaId: ownId, timestamp, sync });
  return scratch.finish();
}

/** A row of the copy: of its header only the type goes out. */
export function writeCopyRow(writer: MsgpackWriter, row: XRow, sync: Sync): void {
  const start = beginFrame(writer);
  writer.map(sync === 0 ? 1 : 2);
  writer.byte(IprotoKey.REQUEST_TYPE);
  writer.uint(row.type);
  if (sync !== 0) {
    writer.byte(IprotoKey.SYNC);
    writer.uint(sync);
  }
  writer.raw(row.body);
  endFrame(writer, start);
}

/** A row of the log as it stands there. */
export function writeRow(writer: MsgpackWriter, row: XRow, sync: Sync): void {
  writeXRowFrame(writer, sync === 0 ? row : { ...row, sync });
}

/** The error that a frame holds, if it holds one. */
export function rowError(errors: ErrorFactory, row: XRow): ServerError | undefined {
  if ((row.type & IprotoType.TYPE_ERROR) === 0) return undefined;
  return errors.received(decodeErrorBody(row.type, row.body)[0]);
}

/** True for rows that change data or take a place in the log: INSERT to UPSERT, NOP, CONFIRM, ROLLBACK. */
export function isLogRow(row: XRow): boolean {
  const { type } = row;
  return (
    (type >= IprotoType.INSERT && type <= IprotoType.DELETE) ||
    type === IprotoType.UPSERT ||
    type === IprotoType.NOP ||
    isSynchroType(type)
  );
}

/** CONFIRM and ROLLBACK: they decide about transactions that came before. */
export function isSynchroType(type: number): boolean {
  return type === IprotoType.CONFIRM || type === IprotoType.ROLLBACK;
}

/** A vclock out of what a body said. */
export function vclockOf(entries: ReadonlyMap<number, number>): Vclock {
  return new Vclock(entries);
}
