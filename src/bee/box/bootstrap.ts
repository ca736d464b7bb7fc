import { inflateSync } from 'fflate';
import { decodeBase64 } from '../wire/base64.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import { encode, MsgpackReader } from '../wire/msgpack.ts';
import type { XRow } from '../wire/xrow.ts';
import { bootstrapData } from './bootstrap-data.ts';
import { encodeRequestBody } from './request.ts';
import { SystemSpace } from './system-space.ts';

/**
 * The rows of a fresh instance's first snapshot: the real server's system tuples (schema version 2.3.1) in its order, with the
 * members in `_cluster`, this server as number 1; the replica set's UUID in `_schema` is set last, as the real server does.
 */
export function* bootstrapRows(members: readonly string[], clusterUuid: string): Generator<XRow> {
  const reader = new MsgpackReader(inflateSync(decodeBase64(bootstrapData.join(''))));
  let isClusterDue = true;
  while (!reader.atEnd) {
    const spaceId = reader.readUint();
    if (isClusterDue && spaceId > SystemSpace.CLUSTER) {
      isClusterDue = false;
      yield* memberRows(members);
    }
    yield rowOf(spaceId, reader.readRaw());
  }
  if (isClusterDue) yield* memberRows(members);
  yield rowOf(SystemSpace.SCHEMA, encode(['cluster', clusterUuid]));
}

function* memberRows(members: readonly string[]): Generator<XRow> {
  for (const [at, uuid] of members.entries()) {
    yield rowOf(SystemSpace.CLUSTER, encode([at + 1, uuid]));
  }
}

function rowOf(spaceId: number, tuple: Uint8Array): XRow {
  const body = encodeRequestBody({
    type: IprotoType.INSERT,
    spaceId,
    indexId: 0,
    indexBase: 0,
    tuple,
    key: undefined,
    ops: undefined,
    header: undefined,
  });
  return {
    type: IprotoType.INSERT,
    replicaId: 0,
    lsn: 0,
    timestamp: 0,
    groupId: 0,
    tsn: 0,
    isCommit: true,
    sync: 0,
    body,
  };
}
