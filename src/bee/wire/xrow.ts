import { GroupId, IprotoKey, IprotoType, iprotoFlagCommit, vclockMax } from './iproto-constants.ts';
import { checkMsgpack, MsgpackError, MsgpackReader, type MsgpackWriter } from './msgpack.ts';

/**
 * One row as it stands in a log file, a snapshot or a replication stream: a header and a body that is carried as
 * bytes, so that whoever only moves rows (wal, relay, applier) never decodes a tuple.
 */
export interface XRow {
  /** Request type (`wire/iproto-constants.ts`): INSERT, REPLACE, UPDATE, DELETE, UPSERT, NOP, … */
  readonly type: number;
  /** Id of the server that made the row; 0 for a local row and in snapshots. */
  replicaId: number;
  /** Number of the row on that server; 0 when not assigned. Below 2^53. */
  lsn: number;
  /** Seconds since 1970; 0 when absent. */
  timestamp: number;
  /** 1 for rows of replica-local spaces, else 0. */
  readonly groupId: number;
  /** LSN of the first global row of its transaction. Equal to `lsn` in a transaction of one row. */
  tsn: number;
  /** True on the last row of its transaction. */
  isCommit: boolean;
  /** Request id in iproto, any 64 bits, given back as it came; 0 elsewhere. */
  readonly sync: number | bigint;
  /** A msgpack map, or empty when the row has no body (NOP, heartbeat). */
  readonly body: Uint8Array;
}

/** The body of a row that has none. */
export const emptyBody: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/**
 * Makes a row that was not written yet: the log gives it its id, LSN, time and transaction.
 * @param body a msgpack map
 */
export function makeXRow(
  type: number,
  body: Uint8Array = emptyBody,
  groupId: number = GroupId.DEFAULT,
): XRow {
  return {
    type,
    replicaId: 0,
    lsn: 0,
    timestamp: 0,
    groupId,
    tsn: 0,
    isCommit: true,
    sync: 0,
    body,
  };
}

/**
 * Writes a row: its header in the real server's order of keys, each only where it is not 0, then its body. The same
 * bytes stand in log files and in the replication stream.
 */
export function encodeXRow(writer: MsgpackWriter, row: XRow): void {
  const isPartOfMany = row.tsn !== 0 && (row.tsn !== row.lsn || !row.isCommit);
  const isLastOfMany = row.tsn !== 0 && row.tsn !== row.lsn && row.isCommit;
  let count = 1;
  if (row.sync) count++;
  if (row.replicaId !== 0) count++;
  if (row.groupId !== 0) count++;
  if (row.lsn !== 0) count++;
  if (row.timestamp !== 0) count++;
  if (isPartOfMany) count++;
  if (isLastOfMany) count++;
  writer.map(count);
  writer.byte(IprotoKey.REQUEST_TYPE);
  writer.uint(row.type);
  if (row.sync) {
    writer.byte(IprotoKey.SYNC);
    writer.uint(row.sync);
  }
  if (row.replicaId !== 0) {
    writer.byte(IprotoKey.REPLICA_ID);
    writer.uint(row.replicaId);
  }
  if (row.groupId !== 0) {
    writer.byte(IprotoKey.GROUP_ID);
    writer.uint(row.groupId);
  }
  if (row.lsn !== 0) {
    writer.byte(IprotoKey.LSN);
    writer.uint(row.lsn);
  }
  if (row.timestamp !== 0) {
    writer.byte(IprotoKey.TIMESTAMP);
    writer.double(row.timestamp);
  }
  if (isPartOfMany) {
    writer.byte(IprotoKey.TSN);
    const serial = row.lsn - row.tsn;
    // A local row counts its own LSNs, so the difference may be negative: the real server lets it wrap at 2^64.
    writer.uint(serial >= 0 ? serial : BigInt.asUintN(64, BigInt(serial)));
  }
  if (isLastOfMany) {
    writer.byte(IprotoKey.FLAGS);
    writer.uint(iprotoFlagCommit);
  }
  if (row.body.length > 0) writer.raw(row.body);
}

/**
 * Reads a row at the reader's position, among other rows (a block of a file). All but a NOP have a body there.
 * @returns a row whose body is a view of the reader's bytes
 * @throws MsgpackError `packet header` or `packet body`, as the real server puts it
 */
export function decodeXRow(reader: MsgpackReader): XRow {
  const header = decodeHeader(reader);
  if (header.type === IprotoType.NOP || reader.atEnd) return header;
  const end = checkMsgpack(reader.bytes, reader.pos, reader.end);
  if (end < 0) throw new MsgpackError('packet body');
  const body = reader.bytes.subarray(reader.pos, end);
  reader.pos = end;
  return { ...header, body };
}

/**
 * Reads a row that fills the bytes: the content of one frame.
 * @throws MsgpackError `packet header` or `packet body`
 */
export function decodeXRowPacket(packet: Uint8Array): XRow {
  const reader = new MsgpackReader(packet);
  const row = decodeXRow(reader);
  if (!reader.atEnd) throw new MsgpackError('packet body');
  return row;
}

function decodeHeader(reader: MsgpackReader): XRow {
  let type = 0;
  let replicaId = 0;
  let lsn = 0;
  let timestamp = 0;
  let groupId = 0;
  let serial: number | bigint = 0;
  let flags = 0;
  let hasTsn = false;
  let sync: number | bigint = 0;
  try {
    const count = reader.readMapHeader();
    for (let index = 0; index < count; index++) {
      const key = reader.readUint();
      switch (key) {
        case IprotoKey.REQUEST_TYPE:
          type = reader.readUint();
          break;
        case IprotoKey.SYNC:
          sync = readUnsigned(reader);
          break;
        case IprotoKey.REPLICA_ID:
          replicaId = reader.readUint();
          // No vclock has such a component, here or in the real server.
          if (replicaId >= vclockMax) throw new MsgpackError('replica id');
          break;
        case IprotoKey.LSN:
          lsn = reader.readUint();
          break;
        case IprotoKey.TIMESTAMP:
          if (reader.type() !== 'double') throw new MsgpackError('timestamp');
          timestamp = reader.readDouble();
          break;
        case IprotoKey.GROUP_ID:
          groupId = reader.readUint();
          break;
        case IprotoKey.TSN:
          serial = readUnsigned(reader);
          hasTsn = true;
          break;
        case IprotoKey.FLAGS:
          flags = reader.readUint();
          break;
        default:
          // Schema version, server version and keys of later versions say nothing to whoever reads rows.
          if (reader.type() !== 'uint') throw new MsgpackError('unknown key');
          reader.skip();
      }
    }
  } catch (error) {
    if (error instanceof MsgpackError) throw new MsgpackError('packet header');
    throw error;
  }
  const tsn = lsn - Number(BigInt.asIntN(64, BigInt(serial)));
  return {
    type,
    replicaId,
    lsn,
    timestamp,
    groupId,
    tsn: hasTsn ? tsn : lsn,
    isCommit: !hasTsn || (flags & iprotoFlagCommit) !== 0,
    sync,
    body: emptyBody,
  };
}

function readUnsigned(reader: MsgpackReader): number | bigint {
  if (reader.type() !== 'uint') throw new MsgpackError('not an unsigned integer');
  return reader.readInteger();
}
