import { IprotoKey, IprotoType, iprotoFlagCommit } from '../wire/iproto-constants.ts';
import { MsgpackReader } from '../wire/msgpack-reader.ts';
import { checkMsgpack } from '../wire/msgpack-scan.ts';
import type { XRow } from '../wire/xrow.ts';

/** One frame taken apart: what its header says, and its body as bytes. */
export interface Packet {
  type: number;
  /** A client may use all 64 bits. */
  sync: number | bigint;
  replicaId: number;
  lsn: number;
  timestamp: number;
  groupId: number;
  /** 0 where the header has none. */
  schemaVersion: number;
  /** LSN of the first row of its transaction. */
  tsn: number;
  isCommit: boolean;
  /** A msgpack map, or empty. A view of the frame. */
  body: Uint8Array;
}

/** A frame that is not what a frame should be: 'packet header', 'packet body', …, and the line of xrow.c that says so. */
export class PacketError extends Error {
  override readonly name = 'PacketError';
  readonly line: number;

  constructor(what: string, line: number) {
    super(what);
    this.line = line;
  }
}

const noBody = new Uint8Array();

/** A packet whose header said nothing yet; kept by a caller that must know the sync even of a broken frame. */
export function emptyPacket(): Packet {
  return {
    type: 0,
    sync: 0,
    replicaId: 0,
    lsn: 0,
    timestamp: 0,
    groupId: 0,
    schemaVersion: 0,
    tsn: 0,
    isCommit: false,
    body: noBody,
  };
}

/**
 * Takes a frame apart (its length stripped). What is read before an error stays in `packet`, as the real server's answer to a
 * broken request still carries the sync.
 * @throws PacketError
 */
export function decodePacket(frame: Uint8Array, packet: Packet = emptyPacket()): Packet {
  const headerEnd = checkMsgpack(frame, 0, frame.length);
  if (headerEnd < 0) throw new PacketError('packet header', 142);
  const reader = new MsgpackReader(frame, 0, headerEnd);
  if (reader.type() !== 'map') throw new PacketError('packet header', 142);
  const size = reader.readMapHeader();
  let serial: number | bigint | undefined;
  for (let index = 0; index < size; index++) {
    if (reader.type() !== 'uint') throw new PacketError('packet header', 142);
    const key = reader.readInteger();
    // Every key below 0x44 has its type, known or not: an integer in headers, but for the time.
    const expected = key === IprotoKey.TIMESTAMP ? 'double' : 'uint';
    if (key > headerKeyMax || reader.type() !== expected) {
      throw new PacketError('packet header', 142);
    }
    switch (key) {
      case IprotoKey.REQUEST_TYPE:
        packet.type = smallUint(reader);
        break;
      case IprotoKey.SYNC:
        packet.sync = reader.readInteger();
        break;
      case IprotoKey.REPLICA_ID:
        packet.replicaId = smallUint(reader);
        break;
      case IprotoKey.GROUP_ID:
        packet.groupId = smallUint(reader);
        break;
      case IprotoKey.LSN:
        packet.lsn = smallUint(reader);
        break;
      case IprotoKey.TIMESTAMP:
        packet.timestamp = reader.readDouble();
        break;
      case IprotoKey.SCHEMA_VERSION:
        packet.schemaVersion = smallUint(reader);
        break;
      case IprotoKey.TSN:
        serial = reader.readInteger();
        break;
      case IprotoKey.FLAGS:
        packet.isCommit = (smallUint(reader) & iprotoFlagCommit) !== 0;
        break;
      default:
        reader.skip();
    }
  }
  if (serial === undefined) {
    packet.isCommit = true;
    packet.tsn = packet.lsn;
  } else {
    packet.tsn = transactionLsn(packet.lsn, serial);
  }
  if (headerEnd < frame.length && packet.type !== IprotoType.NOP) {
    const end = checkMsgpack(frame, headerEnd, frame.length);
    if (end < 0) throw new PacketError('packet body', 209);
    if (end < frame.length) throw new PacketError('packet body', 217);
    packet.body = frame.subarray(headerEnd);
  }
  return packet;
}

/** The row that a packet of a replication stream carries. */
export function rowOf(packet: Packet): XRow {
  return {
    type: packet.type,
    replicaId: packet.replicaId,
    lsn: packet.lsn,
    timestamp: packet.timestamp,
    groupId: packet.groupId,
    tsn: packet.tsn,
    isCommit: packet.isCommit,
    sync: 0,
    body: packet.body,
  };
}

/** Highest key that a header may hold: those above have no type in the real server's table. */
const headerKeyMax = 0x1f;

/** Ids, LSNs and versions are far below 2^53; what is not is garbage. */
function smallUint(reader: MsgpackReader): number {
  const value = reader.readInteger();
  if (typeof value !== 'number') throw new PacketError('packet header', 142);
  return value;
}

/** A local row before the first global one has a negative distance, which stands on the wire as a number near 2^64. */
function transactionLsn(lsn: number, serial: number | bigint): number {
  if (typeof serial === 'number') return lsn - serial;
  return lsn - Number(BigInt.asIntN(64, serial));
}
