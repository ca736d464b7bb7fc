import { BallotKey, IprotoKey, serverVersionId, vclockMax } from './iproto-constants.ts';
import { MsgpackError, type MsgpackReader, MsgpackWriter } from './msgpack.ts';
import { forEachKey } from './requests.ts';

/**
 * Bodies of the requests and answers of replication: VOTE, JOIN, REGISTER, SUBSCRIBE, acknowledgements. A vclock is a map of server
 * id to LSN; component 0 is never sent and ignored when it comes (`Vclock` of the wal reads and makes such entries).
 */

/** Pairs of server id and LSN. */
export type VclockEntries = Iterable<readonly [number, number]>;

/** Answer to VOTE. */
export interface Ballot {
  readonly isReadOnly: boolean;
  readonly isLoading: boolean;
  readonly vclock: ReadonlyMap<number, number>;
  /** The oldest state from which rows are still there. */
  readonly gcVclock: ReadonlyMap<number, number>;
}

/** What a replica says when it subscribes. */
export interface Subscribe {
  readonly clusterUuid: string;
  readonly instanceUuid: string;
  readonly vclock: ReadonlyMap<number, number>;
  /** `0x020600` for 2.6.0; 0 when not sent. */
  readonly serverVersion: number;
  readonly isAnonymous: boolean;
  /** Rows of these servers are not wanted. */
  readonly idFilter: readonly number[];
}

/** Writes a vclock without its component 0. */
export function writeVclock(writer: MsgpackWriter, vclock: VclockEntries): void {
  const entries = [...vclock].filter(([id]) => id !== 0);
  writer.map(entries.length);
  for (const [id, lsn] of entries) {
    writer.uint(id);
    writer.uint(lsn);
  }
}

/** Reads a vclock; component 0 and components of 0 are left out. */
export function readVclock(reader: MsgpackReader): Map<number, number> {
  const vclock = new Map<number, number>();
  const count = reader.readMapHeader();
  for (let index = 0; index < count; index++) {
    const id = reader.readUint();
    const lsn = reader.readUint();
    if (id >= vclockMax) throw new MsgpackError('server id out of range');
    if (lsn > 0 && id !== 0) vclock.set(id, lsn);
  }
  return vclock;
}

/** `{0x26: vclock}`: what stands around the parts of a join, and an acknowledgement. */
export function encodeVclockBody(vclock: VclockEntries): Uint8Array<ArrayBuffer> {
  return encodeMap(1, (writer) => {
    writer.byte(IprotoKey.VCLOCK);
    writeVclock(writer, vclock);
  });
}

/** Reads the vclock out of any body that has one. @throws MsgpackError */
export function decodeVclockBody(body: Uint8Array): Map<number, number> {
  return decodeSubscribe(body).vclock;
}

/** What CONFIRM and ROLLBACK are about: the rows of a server up to, or from, an LSN. */
export interface Synchro {
  readonly replicaId: number;
  readonly lsn: number;
}

/** Body of CONFIRM and ROLLBACK. */
export function encodeSynchro(synchro: Synchro): Uint8Array<ArrayBuffer> {
  return encodeMap(2, (writer) => {
    writer.byte(IprotoKey.REPLICA_ID);
    writer.uint(synchro.replicaId);
    writer.byte(IprotoKey.LSN);
    writer.uint(synchro.lsn);
  });
}

/** Reads the body of CONFIRM and ROLLBACK; what is not there is 0. @throws MsgpackError */
export function decodeSynchro(body: Uint8Array): Synchro {
  const synchro = { replicaId: 0, lsn: 0 };
  forEachKey(
    body,
    (key, reader) => {
      if (key === IprotoKey.REPLICA_ID) synchro.replicaId = reader.readUint();
      else if (key === IprotoKey.LSN) synchro.lsn = reader.readUint();
      else reader.skip();
    },
    'request body',
  );
  return synchro;
}

/** Body of JOIN. */
export function encodeJoin(instanceUuid: string): Uint8Array<ArrayBuffer> {
  return encodeMap(1, (writer) => {
    writer.byte(IprotoKey.INSTANCE_UUID);
    writer.str(instanceUuid);
  });
}

/** Body of REGISTER. */
export function encodeRegister(
  instanceUuid: string,
  vclock: VclockEntries,
): Uint8Array<ArrayBuffer> {
  return encodeMap(2, (writer) => {
    writer.byte(IprotoKey.INSTANCE_UUID);
    writer.str(instanceUuid);
    writer.byte(IprotoKey.VCLOCK);
    writeVclock(writer, vclock);
  });
}

/** Body of SUBSCRIBE. An empty filter is not sent. */
export function encodeSubscribe(request: {
  readonly clusterUuid: string;
  readonly instanceUuid: string;
  readonly vclock: VclockEntries;
  readonly isAnonymous: boolean;
  readonly idFilter: readonly number[];
}): Uint8Array<ArrayBuffer> {
  return encodeMap(request.idFilter.length > 0 ? 6 : 5, (writer) => {
    writer.byte(IprotoKey.CLUSTER_UUID);
    writer.str(request.clusterUuid);
    writer.byte(IprotoKey.INSTANCE_UUID);
    writer.str(request.instanceUuid);
    writer.byte(IprotoKey.VCLOCK);
    writeVclock(writer, request.vclock);
    writer.byte(IprotoKey.SERVER_VERSION);
    writer.uint(serverVersionId);
    writer.byte(IprotoKey.REPLICA_ANON);
    writer.bool(request.isAnonymous);
    if (request.idFilter.length > 0) {
      writer.byte(IprotoKey.ID_FILTER);
      writer.array(request.idFilter.length);
      for (const id of request.idFilter) writer.uint(id);
    }
  });
}

/**
 * Decodes the body of SUBSCRIBE, JOIN, REGISTER, FETCH_SNAPSHOT, an answer with a vclock or an acknowledgement: what is
 * not there is empty.
 * @throws MsgpackError with the real server's words: `request body`, `UUID`, `invalid VCLOCK`, …
 */
export function decodeSubscribe(body: Uint8Array): Subscribe & { vclock: Map<number, number> } {
  const noIds: number[] = [];
  const request = {
    clusterUuid: '',
    instanceUuid: '',
    vclock: new Map<number, number>(),
    serverVersion: 0,
    isAnonymous: false,
    idFilter: noIds,
  };
  let complaint = 'request body';
  const says = <T>(words: string, read: () => T): T => {
    complaint = words;
    const value = read();
    complaint = 'request body';
    return value;
  };
  if (body.length === 0) return request;
  try {
    forEachKey(body, (key, reader) => {
      switch (key) {
        case IprotoKey.CLUSTER_UUID:
          request.clusterUuid = says('UUID', () => readUuid(reader));
          break;
        case IprotoKey.INSTANCE_UUID:
          request.instanceUuid = says('UUID', () => readUuid(reader));
          break;
        case IprotoKey.VCLOCK:
          request.vclock = says('invalid VCLOCK', () => readVclock(reader));
          break;
        case IprotoKey.SERVER_VERSION:
          request.serverVersion = says('invalid VERSION', () => reader.readUint());
          break;
        case IprotoKey.REPLICA_ANON:
          request.isAnonymous = says('invalid REPLICA_ANON flag', () => reader.readBool());
          break;
        case IprotoKey.ID_FILTER:
          request.idFilter = says('invalid ID_FILTER', () => readIds(reader));
          break;
        default:
          reader.skip();
      }
    });
  } catch (error) {
    if (error instanceof MsgpackError) throw new MsgpackError(complaint);
    throw error;
  }
  return request;
}

/** Body of the answer to SUBSCRIBE. */
export function encodeSubscribeAnswer(
  clusterUuid: string,
  vclock: VclockEntries,
): Uint8Array<ArrayBuffer> {
  return encodeMap(2, (writer) => {
    writer.byte(IprotoKey.VCLOCK);
    writeVclock(writer, vclock);
    writer.byte(IprotoKey.CLUSTER_UUID);
    writer.str(clusterUuid);
  });
}

/** Body of the answer to VOTE. */
export function encodeBallot(ballot: {
  readonly isReadOnly: boolean;
  readonly isLoading: boolean;
  readonly vclock: VclockEntries;
  readonly gcVclock: VclockEntries;
}): Uint8Array<ArrayBuffer> {
  return encodeMap(1, (writer) => {
    writer.byte(IprotoKey.BALLOT);
    writer.map(4);
    writer.byte(BallotKey.IS_RO);
    writer.bool(ballot.isReadOnly);
    writer.byte(BallotKey.IS_LOADING);
    writer.bool(ballot.isLoading);
    writer.byte(BallotKey.VCLOCK);
    writeVclock(writer, ballot.vclock);
    writer.byte(BallotKey.GC_VCLOCK);
    writeVclock(writer, ballot.gcVclock);
  });
}

/** Decodes the answer to VOTE. @throws MsgpackError `packet body` */
export function decodeBallot(body: Uint8Array): Ballot {
  const ballot = {
    isReadOnly: false,
    isLoading: false,
    vclock: new Map<number, number>(),
    gcVclock: new Map<number, number>(),
  };
  if (body.length === 0) throw new MsgpackError('packet body');
  forEachKey(body, (key, reader) => {
    if (key !== IprotoKey.BALLOT) {
      reader.skip();
      return;
    }
    forEachKey(reader.readRaw(), (part, values) => {
      if (part === BallotKey.IS_RO) ballot.isReadOnly = values.readBool();
      else if (part === BallotKey.IS_LOADING) ballot.isLoading = values.readBool();
      else if (part === BallotKey.VCLOCK) ballot.vclock = readVclock(values);
      else if (part === BallotKey.GC_VCLOCK) ballot.gcVclock = readVclock(values);
      else values.skip();
    });
  });
  return ballot;
}

function encodeMap(count: number, write: (writer: MsgpackWriter) => void): Uint8Array<ArrayBuffer> {
  const writer = new MsgpackWriter(256);
  writer.map(count);
  write(writer);
  return writer.finish();
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function readUuid(reader: MsgpackReader): string {
  const uuid = reader.readStr();
  if (!uuidPattern.test(uuid)) throw new MsgpackError('UUID');
  return uuid.toLowerCase();
}

function readIds(reader: MsgpackReader): number[] {
  const ids: number[] = [];
  const count = reader.readArrayHeader();
  for (let index = 0; index < count; index++) {
    const id = reader.readUint();
    if (id >= vclockMax) throw new MsgpackError('invalid ID_FILTER');
    ids.push(id);
  }
  return ids;
}
