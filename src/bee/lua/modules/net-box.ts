/** `net.box`: what its Lua part (`net-box-source.ts`) asks of the binary protocol's client. */

import { Cond, type Scheduler, type Task } from '../../base/fiber.ts';
import { parseGatewayAddress, parseUri, withoutToken } from '../../base/uri.ts';
import { ClientError, clientError } from '../../box/error.ts';
import { TupleDictionary, TupleFormat } from '../../box/format.ts';
import { dataOf, IprotoClient, type PendingRequest } from '../../server/iproto-client.ts';
import { IprotoKey, IprotoType } from '../../wire/iproto-constants.ts';
import { MsgpackReader, MsgpackWriter } from '../../wire/msgpack.ts';
import { encodeCall, encodeDml } from '../../wire/requests.ts';
import { decodeTo, keyBytes, tupleBytes } from '../conversions.ts';
import { leave } from '../db/context.ts';
import { pushMsgpack } from '../db/push.ts';
import { TupleData } from '../db/tuple-data.ts';
import { ErrorData } from '../error-data.ts';
import { Ibuf } from '../ffi/ibuf.ts';
import type { LuaRuntime } from '../runtime.ts';
import { asCData, CData } from '../vm/cdata.ts';
import {
  arg,
  checkNumber,
  checkString,
  checkText,
  createTable,
  data,
  getField,
  library,
  push,
  pushBoolean,
  pushData,
  pushNil,
  pushNumber,
  pushTable,
  pushText,
  pushValue,
  record,
  string,
  stringText,
  table,
  toBoolean,
} from '../vm/host.ts';
import { type LuaTable, newObjectId } from '../vm/table.ts';
import type { LuaState, TValue, Udata } from '../vm/types.ts';
import {
  copy,
  isFunction,
  isTable,
  isUserdata,
  LuaError,
  nilObject,
  Slot,
  Tag,
  utf8,
} from '../vm/value.ts';
import { netBoxSource } from './net-box-source.ts';
import { netBoxSpacesSource } from './net-box-spaces-source.ts';

/** Keys of the body of a SELECT. */
const BodyKey = {
  SPACE_ID: 0x10,
  INDEX_ID: 0x11,
  LIMIT: 0x12,
  OFFSET: 0x13,
  ITERATOR: 0x14,
  KEY: 0x20,
};

class Handle implements Udata {
  readonly id = newObjectId();
  metatable: LuaTable | null = null;
  readonly client: IprotoClient;

  constructor(client: IprotoClient) {
    this.client = client;
  }
}

/** What the answer's values become: Lua values, or tuples of a format. */
type Shape = 'values' | TupleFormat;

/** The names of a remote space's fields, as the real module holds them. */
class FormatData extends CData {
  readonly format: TupleFormat;

  constructor(names: readonly string[]) {
    super();
    this.format = new TupleFormat([], [], 0, new TupleDictionary(names));
  }

  override get typeName(): string {
    return 'struct tuple_format *';
  }

  override toText(): string {
    return `cdata<${this.typeName}>: 0x${this.id.toString(16).padStart(8, '0')}`;
  }
}

class FutureHandle implements Udata {
  readonly id = newObjectId();
  metatable: LuaTable | null = null;
  readonly client: IprotoClient;
  readonly request: PendingRequest;
  readonly shape: Shape;
  /** What the server pushed before its answer; msgpack. */
  readonly messages: Uint8Array[] = [];
  readonly #changed: Cond;

  constructor(scheduler: Scheduler, client: IprotoClient, request: PendingRequest, shape: Shape) {
    this.#changed = new Cond(scheduler);
    request.onPush = (value) => {
      this.messages.push(value.slice());
      this.#changed.broadcast();
    };
    request.onAnswer = () => this.#changed.broadcast();
    this.client = client;
    this.request = request;
    this.shape = shape;
  }

  /** Waits for the n-th message, from 1; undefined when the answer or the end of the time comes first. */
  *message(n: number, timeout: number): Task<Uint8Array | undefined> {
    while (this.messages.length < n && this.request.answer === undefined) {
      if (!(yield* this.#changed.wait(timeout))) break;
    }
    return this.messages[n - 1];
  }
}

/** The `net.box` module. */
export function makeNetBoxModule(runtime: LuaRuntime): LuaTable {
  const core = new NetBoxCore(runtime).make();
  const run = (source: string, args: readonly TValue[]): TValue => {
    const f = runtime.vm.compile(utf8(source), utf8('@builtin/box/net_box.lua'));
    return runtime.vm.callNow({ type: Tag.LUA_CLOSURE, value: f }, args)[0] ?? nilObject;
  };
  const module = run(netBoxSource, [table(core), run(netBoxSpacesSource, [table(core)])]);
  return module.value as LuaTable; // the source returns a table
}

class NetBoxCore {
  readonly #runtime: LuaRuntime;

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime;
  }

  make(): LuaTable {
    const { vm } = this.#runtime;
    return library({
      connect: vm.task((L) => this.#connect(L)),
      close: (L) => {
        client(L).close();
        return 0;
      },
      peer: (L) => {
        const { peerUuid, peerVersion } = client(L);
        const [major = 0, minor = 0, patch = 0] = peerVersion.split('.').map(Number);
        pushText(L, peerUuid);
        return 1 + pushNumber(L, (major << 16) | (minor << 8) | patch);
      },
      schema_version: (L) => pushNumber(L, client(L).schemaVersion),
      send: (L) => {
        const send = this.#request(L);
        return leave(this.#runtime, L, (to) => {
          push(to, Tag.USERDATA, send());
          return 1;
        });
      },
      wait: vm.task((L) => this.#wait(L)),
      is_ready: (L) => pushBoolean(L, future(L).request.answer !== undefined),
      discard: (L) => {
        const { client: owner, request } = future(L);
        owner.discard(request);
        return 0;
      },
      wait_ready: vm.task(function* (L) {
        const answer = yield* future(L).request.wait(checkNumber(L, 2));
        return (to) => pushBoolean(to, answer !== undefined);
      }),
      message: vm.task(function* (L) {
        const bytes = yield* future(L).message(checkNumber(L, 2), checkNumber(L, 3));
        return (to) => {
          pushBoolean(to, bytes !== undefined);
          return bytes === undefined ? 1 : 1 + pushMsgpack(to, bytes);
        };
      }),
      is_error: (L) => pushBoolean(L, asCData(arg(L, 1)) instanceof ErrorData),
      message_count: (L) => pushNumber(L, future(L).messages.length),
      format: (L) => pushData(L, new FormatData(namesIn(arg(L, 1)))),
      inject: (L) => {
        client(L).inject(checkString(L, 2));
        return 0;
      },
      greet: vm.task((L) => this.#greet(L)),
      find: (L) => {
        const { f, self } = this.#runtime.evaluator.find(checkText(L, 1));
        pushValue(L, f);
        return self === undefined ? 1 : 1 + pushValue(L, self);
      },
      // An address behind a gateway is no URI of the uri module, which reads what RFC 3986 describes.
      gateway: (L) => {
        const uri = parseUri(checkText(L, 1));
        if (uri === undefined || parseGatewayAddress(uri.host) === undefined) return pushNil(L);
        const { login, password, host } = uri;
        const fields = {
          host: string(host),
          service: string(''),
          shown: string(withoutToken(host)),
        };
        const user = login === undefined ? {} : { login: string(login) };
        const secret = password === undefined ? {} : { password: string(password) };
        return pushTable(L, record({ ...fields, ...user, ...secret }));
      },
      no_connection: (L) => {
        throw new ClientError(clientError('NO_CONNECTION').code, checkText(L, 1));
      },
    });
  }

  *#connect(L: LuaState) {
    const { instance } = this.#runtime;
    const [host, service] = [stringText(arg(L, 1)) ?? '', stringText(arg(L, 2)) ?? ''];
    const login = stringText(arg(L, 3));
    const password = stringText(arg(L, 4));
    const timeout = checkNumber(L, 5);
    const onClosed = copy(arg(L, 6));
    const made = yield* IprotoClient.connect(
      { scheduler: instance.scheduler, network: instance.env.network },
      { login, password, host, service },
      timeout,
    );
    made.onClosed = (error) => {
      if (!isFunction(onClosed)) return;
      this.#runtime.fibers.make(onClosed, [string(error.message)], false);
    };
    return (to: LuaState) => {
      push(to, Tag.USERDATA, new Handle(made));
      return 1;
    };
  }

  /** Connects and reads the greeting, as `establish_connection` of the real module does; the connection is not kept. */
  *#greet(L: LuaState) {
    const { instance } = this.#runtime;
    const [host, service] = [checkText(L, 1), checkText(L, 2)];
    const made = yield* IprotoClient.connect(
      { scheduler: instance.scheduler, network: instance.env.network },
      { login: undefined, password: undefined, host, service },
      checkNumber(L, 3),
    );
    const { peerUuid, peerVersion } = made;
    made.close();
    return (to: LuaState) =>
      pushTable(
        to,
        record({
          protocol: string('Binary'),
          uuid: string(peerUuid),
          version: string(peerVersion),
        }),
      );
  }

  /** A request that is whole. @returns what sends it */
  #request(L: LuaState): () => FutureHandle {
    const owner = client(L);
    const kind = checkText(L, 2);
    const { scheduler, box } = this.#runtime.instance;
    const given = asCData(arg(L, 3));
    const format = given instanceof FormatData ? given.format : box.runtimeFormat;
    const one =
      (type: number, body?: Uint8Array, shape: Shape = format) =>
      (): FutureHandle =>
        new FutureHandle(scheduler, owner, owner.send(type, body), shape);
    const spaceId = (): number => checkNumber(L, 4);
    switch (kind) {
      case 'ping':
        return one(IprotoType.PING, undefined, 'values');
      case 'call':
      case 'eval': {
        const type = kind === 'call' ? IprotoType.CALL : IprotoType.EVAL;
        return one(type, encodeCall(type, checkText(L, 4), tupleBytes(L, 5)), 'values');
      }
      case 'call_16':
        return one(
          IprotoType.CALL_16,
          encodeCall(IprotoType.CALL_16, checkText(L, 4), tupleBytes(L, 5)),
        );
      case 'select_schema':
        return one(
          IprotoType.SELECT,
          selectBody(spaceId(), 0, 2, 0, 0xffffffff, Uint8Array.of(0x90)),
        );
      case 'select': {
        const [indexId, iterator] = [checkNumber(L, 5), checkNumber(L, 6)];
        const [offset, limit] = [checkNumber(L, 7), checkNumber(L, 8)];
        const body = selectBody(spaceId(), indexId, iterator, offset, limit, keyBytes(L, 9));
        return one(IprotoType.SELECT, body);
      }
      case 'insert':
      case 'replace': {
        const type = kind === 'insert' ? IprotoType.INSERT : IprotoType.REPLACE;
        return one(type, encodeDml({ spaceId: spaceId(), tuple: tupleBytes(L, 5) }));
      }
      case 'delete': {
        const key = keyBytes(L, 6);
        return one(
          IprotoType.DELETE,
          encodeDml({ spaceId: spaceId(), indexId: checkNumber(L, 5), key }),
        );
      }
      case 'update': {
        const key = keyBytes(L, 6).slice();
        const tuple = tupleBytes(L, 7);
        const indexId = checkNumber(L, 5);
        return one(
          IprotoType.UPDATE,
          encodeDml({ spaceId: spaceId(), indexId, indexBase: 1, key, tuple }),
        );
      }
      case 'upsert': {
        const tuple = tupleBytes(L, 5).slice();
        const ops = tupleBytes(L, 6);
        return one(IprotoType.UPSERT, encodeDml({ spaceId: spaceId(), indexBase: 1, tuple, ops }));
      }
      default:
        throw new LuaError(`net.box: no request ${kind}`);
    }
  }

  *#wait(L: LuaState) {
    const { client: owner, request, shape } = future(L);
    const buffer = Ibuf.of(arg(L, 3));
    const isBare = toBoolean(arg(L, 4));
    const answer = yield* request.wait(Math.max(checkNumber(L, 2), 0));
    if (answer === undefined) {
      owner.discard(request);
      throw clientError('TIMEOUT');
    }
    if (!answer.ok) throw answer.error;
    const { body } = answer;
    if (buffer !== undefined) {
      const size = buffer.append(isBare ? dataBytes(body) : body);
      return (to: LuaState) => pushNumber(to, size);
    }
    const values = body.length === 0 ? [] : dataOf(body);
    return (to: LuaState) => this.#pushValues(to, values, shape);
  }

  #pushValues(L: LuaState, values: readonly Uint8Array[], shape: Shape): number {
    const { box } = this.#runtime.instance;
    const result = createTable(values.length);
    values.forEach((bytes, at) => {
      if (shape !== 'values') {
        result.setNumber(at + 1, data(new TupleData(box.newTuple(bytes, shape))));
      } else {
        const slot = new Slot(Tag.NIL, null);
        decodeTo(bytes, 0, slot);
        result.setNumber(at + 1, slot);
      }
    });
    if (shape === 'values') result.set(string('n'), new Slot(Tag.NUMBER, values.length));
    return pushTable(L, result);
  }
}

/** The names in a format as a server tells it: a list of maps with `name`, or of names. */
function namesIn(format: TValue): string[] {
  if (!isTable(format)) return [];
  const names: string[] = [];
  for (let at = 1; at <= format.value.length(); at++) {
    const field = format.value.getNumber(at);
    const name = isTable(field)
      ? (stringText(getField(field.value, 'name')) ?? stringText(field.value.getNumber(1)))
      : stringText(field);
    if (name === undefined) break;
    names.push(name);
  }
  return names;
}

/** The bytes of an answer's data, without the map around them. */
function dataBytes(body: Uint8Array): Uint8Array {
  const reader = new MsgpackReader(body);
  for (let left = reader.readMapHeader(); left > 0; left--) {
    if (reader.readUint() === IprotoKey.DATA) return reader.readRaw();
    reader.skip();
  }
  return new Uint8Array(0);
}

function selectBody(
  spaceId: number,
  indexId: number,
  iterator: number,
  offset: number,
  limit: number,
  key: Uint8Array,
): Uint8Array {
  const writer = new MsgpackWriter();
  const entries: readonly (readonly [number, number])[] = [
    [BodyKey.SPACE_ID, spaceId],
    [BodyKey.INDEX_ID, indexId],
    [BodyKey.ITERATOR, iterator],
    [BodyKey.OFFSET, offset],
    [BodyKey.LIMIT, limit],
  ];
  writer.map(entries.length + 1);
  for (const [name, value] of entries) {
    writer.byte(name);
    // Numbers of 32 bits there: -1 is the largest of them.
    writer.uint(value >>> 0);
  }
  writer.byte(BodyKey.KEY);
  writer.raw(key);
  return writer.finish();
}

function client(L: LuaState): IprotoClient {
  const slot = arg(L, 1);
  if (isUserdata(slot) && slot.value instanceof Handle) return slot.value.client;
  throw new LuaError('net.box: a connection expected');
}

function future(L: LuaState): FutureHandle {
  const slot = arg(L, 1);
  if (isUserdata(slot) && slot.value instanceof FutureHandle) return slot.value;
  throw new LuaError('net.box: a request expected');
}
