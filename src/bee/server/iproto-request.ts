/** What each request of a client does, and its answer as bytes. */
import type { Task } from '../base/fiber.ts';
import { clientError } from '../box/error.ts';
import type { Session } from '../box/session.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import { writeBodyResponse, writeDataResponse, writeOkResponse } from '../wire/iproto-response.ts';
import { MsgpackReader, MsgpackWriter, typeAt } from '../wire/msgpack.ts';
import { encodeVclockBody } from '../wire/replication-requests.ts';
import { type CallRequest, decodeAuth, decodeCall, decodeDml } from '../wire/requests.ts';
import { authenticate } from './iproto-auth.ts';
import { type RefusalLines, requestError } from './iproto-errors.ts';
import type { IprotoHost } from './iproto-host.ts';
import type { Packet } from './iproto-packet.ts';

/** The client that asks. */
export interface Client {
  readonly session: Session;
  readonly salt: Uint8Array;
}

/**
 * Executes a request in the fiber of its session.
 * @param request what `decodeRequest` made of the packet
 * @returns the answer's frame
 * @throws ClientError what the client is to be told instead
 */
export function* answerRequest(
  host: IprotoHost,
  client: Client,
  packet: Packet,
  request: Request,
): Task<Uint8Array> {
  checkSchemaVersion(host, packet.schemaVersion);
  const answer = yield* request(host, client, packet);
  scratch.reset();
  answer(scratch, packet.sync, host.box.schema.version);
  return scratch.finish();
}

/** Writes an answer; called once, at once. */
type Answer = (writer: MsgpackWriter, sync: number | bigint, schemaVersion: number) => void;

/** A request that was found to be well-formed. */
export type Request = (host: IprotoHost, client: Client, packet: Packet) => Task<Answer>;

// Encoding never suspends, so all connections share one buffer.
const scratch = new MsgpackWriter();

/**
 * Takes the body apart before anything is done, as the real server's network thread does.
 * @throws ClientError what is wrong with it
 */
export function decodeRequest(packet: Packet): Request {
  const { type, body } = packet;
  switch (type) {
    case IprotoType.SELECT:
    case IprotoType.INSERT:
    case IprotoType.REPLACE:
    case IprotoType.UPDATE:
    case IprotoType.DELETE:
    case IprotoType.UPSERT:
      refusing(dmlLines, () => decodeDml(type, body));
      return execute;
    case IprotoType.CALL:
    case IprotoType.CALL_16:
    case IprotoType.EVAL: {
      const call = refusing(callLines, () => decodeCall(type, body));
      return (host) => evaluate(host, type, call);
    }
    case IprotoType.AUTH: {
      const auth = refusing(authLines, () => decodeAuth(body));
      return function* (host, client) {
        yield* authenticate(host, client.session, auth, client.salt);
        return writeOkResponse;
      };
    }
    case IprotoType.PING:
      return ping;
    case IprotoType.VOTE:
      return vote;
    case IprotoType.VOTE_DEPRECATED:
      return oldVote;
    case IprotoType.EXECUTE:
    case IprotoType.PREPARE:
      throw clientError('UNSUPPORTED', 'Bee', 'SQL');
    default:
      throw clientError('UNKNOWN_REQUEST_TYPE', type).at('iproto.cc', 1313);
  }
}

const dmlLines: RefusalLines = { noBody: 782, malformed: 715, trailing: 775, missing: 782 };
const callLines: RefusalLines = {
  noBody: 1028,
  malformed: 1040,
  trailing: 1080,
  missing: { expression: 1086, 'function name': 1093 },
};
const authLines: RefusalLines = {
  noBody: 1109,
  malformed: 1121,
  trailing: 1154,
  missing: { 'user name': 1159, tuple: 1164 },
};

function refusing<T>(lines: RefusalLines, decode: () => T): T {
  try {
    return decode();
  } catch (thrown) {
    throw requestError(thrown, lines);
  }
}

function checkSchemaVersion(host: IprotoHost, version: number): void {
  const { schema } = host.box;
  if (version === 0 || version === schema.version) return;
  // The two numbers stand the wrong way round in the real server's message.
  throw clientError('WRONG_SCHEMA_VERSION', version, schema.version).at('iproto.cc', 1411);
}

function* execute(host: IprotoHost, _client: Client, packet: Packet): Task<Answer> {
  const tuples = host.box.executeRequest(packet.type, packet.body).map((tuple) => tuple.bytes());
  return (writer, sync, version) => writeDataResponse(writer, sync, version, tuples);
}

function* ping(): Task<Answer> {
  return writeOkResponse;
}

function* vote(host: IprotoHost): Task<Answer> {
  const body = host.replication.ballot();
  return (writer, sync, version) => writeBodyResponse(writer, sync, version, body);
}

function* oldVote(host: IprotoHost): Task<Answer> {
  const body = encodeVclockBody(host.writtenVclock().entries());
  return (writer, sync, version) => writeBodyResponse(writer, sync, version, body);
}

function* evaluate(host: IprotoHost, type: number, request: CallRequest): Task<Answer> {
  const { box, evaluator } = host;
  if (type === IprotoType.EVAL) box.checkUniverse(executePrivilege);
  const results =
    type === IprotoType.EVAL
      ? yield* evaluator.eval(request.text, request.args)
      : yield* evaluator.call(request.text, request.args);
  if (box.isInTxn) {
    box.rollback();
    throw clientError('FUNCTION_TX_ACTIVE').at('call.c', 134);
  }
  const values = valuesOf(results);
  const rows = type === IprotoType.CALL_16 ? asTuples(values) : values;
  return (writer, sync, version) => writeDataResponse(writer, sync, version, rows);
}

const executePrivilege = 4;

/** The values of a msgpack array. */
function valuesOf(array: Uint8Array): Uint8Array[] {
  const reader = new MsgpackReader(array);
  const values: Uint8Array[] = [];
  for (let left = reader.readArrayHeader(); left > 0; left--) values.push(reader.readRaw());
  return values;
}

/** 1.6's CALL answers tuples only: a lone list of lists is a list of tuples, and what is no list becomes one of one value. */
function asTuples(values: readonly Uint8Array[]): Uint8Array[] {
  const [only] = values;
  if (values.length === 1 && only !== undefined && isArray(only)) {
    const inner = valuesOf(only);
    if (inner[0] !== undefined && isArray(inner[0])) return inner.map(asTuple);
  }
  return values.map(asTuple);
}

function asTuple(value: Uint8Array): Uint8Array {
  if (isArray(value)) return value;
  const tuple = new Uint8Array(value.length + 1);
  tuple[0] = 0x91;
  tuple.set(value, 1);
  return tuple;
}

function isArray(value: Uint8Array): boolean {
  return typeAt(value, 0) === 'array';
}
