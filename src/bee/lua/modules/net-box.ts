/** `net.box`: what its Lua part (`net-box-source.ts`) asks of the binary protocol's client. */
import { ClientError, clientError } from '../../box/error.ts';
import { dataOf, IprotoClient, type PendingRequest } from '../../server/iproto-client.ts';
import { IprotoType } from '../../wire/iproto-constants.ts';
import { MsgpackWriter } from '../../wire/msgpack.ts';
import { encodeCall, encodeDml } from '../../wire/requests.ts';
import { decodeTo, keyBytes, tupleBytes } from '../conversions.ts';
import { TupleData } from '../db/tuple-data.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  checkNumber,
  checkText,
  createTable,
  data,
  getField,
  library,
  push,
  pushBoolean,
  pushNumber,
  pushTable,
  pushText,
  string,
  stringText,
  table,
} from '../vm/host.ts';
import { type LuaTable, newObjectId } from '../vm/table.ts';
import type { LuaState, Udata } from '../vm/types.ts';
import { copy, isFunction, isUserdata, LuaError, Slot, Tag, utf8 } from '../vm/value.ts';
import { netBoxSource } from './net-box-source.ts';

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

/** What the answer's values become. */
type Shape = 'values' | 'tuples';

class FutureHandle implements Udata {
  readonly id = newObjectId();
  metatable: LuaTable | null = null;
  readonly client: IprotoClient;
  readonly request: PendingRequest;
  readonly shape: Shape;

  constructor(client: IprotoClient, request: PendingRequest, shape: Shape) {
    this.client = client;
    this.request = request;
    this.shape = shape;
  }
}

export function makeNetBoxModule(runtime: LuaRuntime): LuaTable {
  const core = new NetBoxCore(runtime).make();
  const f = runtime.vm.compile(utf8(netBoxSource), utf8('@builtin/box/net_box.lua'));
  const [module] = runtime.vm.callNow({ type: Tag.LUA_CLOSURE, value: f }, [table(core)]);
  return module?.value as LuaTable; // the source returns a table
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
        push(L, Tag.USERDATA, this.#send(L));
        return 1;
      },
      wait: vm.task((L) => this.#wait(L)),
      is_ready: (L) => pushBoolean(L, future(L).request.answer !== undefined),
      discard: (L) => {
        const { client: owner, request } = future(L);
        owner.discard(request);
        return 0;
      },
      count: (L) => {
        const t = arg(L, 1).value as LuaTable; // made by `#wait`
        return pushNumber(L, Number(getField(t, 'n').value));
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

  #send(L: LuaState): FutureHandle {
    const owner = client(L);
    const kind = checkText(L, 2);
    const one = (type: number, body?: Uint8Array, shape: Shape = 'tuples'): FutureHandle =>
      new FutureHandle(owner, owner.send(type, body), shape);
    const spaceId = (): number => checkNumber(L, 3);
    switch (kind) {
      case 'ping':
        return one(IprotoType.PING, undefined, 'values');
      case 'call':
      case 'eval': {
        const type = kind === 'call' ? IprotoType.CALL : IprotoType.EVAL;
        return one(type, encodeCall(type, checkText(L, 3), tupleBytes(L, 4)), 'values');
      }
      case 'select_schema':
        return one(
          IprotoType.SELECT,
          selectBody(spaceId(), 0, 2, 0, 0xffffffff, Uint8Array.of(0x90)),
        );
      case 'select': {
        const [indexId, iterator] = [checkNumber(L, 4), checkNumber(L, 5)];
        const [offset, limit] = [checkNumber(L, 6), checkNumber(L, 7)];
        const body = selectBody(spaceId(), indexId, iterator, offset, limit, keyBytes(L, 8));
        return one(IprotoType.SELECT, body);
      }
      case 'insert':
      case 'replace': {
        const type = kind === 'insert' ? IprotoType.INSERT : IprotoType.REPLACE;
        return one(type, encodeDml({ spaceId: spaceId(), tuple: tupleBytes(L, 4) }));
      }
      case 'delete': {
        const key = keyBytes(L, 5);
        return one(
          IprotoType.DELETE,
          encodeDml({ spaceId: spaceId(), indexId: checkNumber(L, 4), key }),
        );
      }
      case 'update': {
        const key = keyBytes(L, 5).slice();
        const tuple = tupleBytes(L, 6);
        const indexId = checkNumber(L, 4);
        return one(
          IprotoType.UPDATE,
          encodeDml({ spaceId: spaceId(), indexId, indexBase: 1, key, tuple }),
        );
      }
      case 'upsert': {
        const tuple = tupleBytes(L, 4).slice();
        const ops = tupleBytes(L, 5);
        return one(IprotoType.UPSERT, encodeDml({ spaceId: spaceId(), indexBase: 1, tuple, ops }));
      }
      default:
        throw new LuaError(`net.box: no request ${kind}`);
    }
  }

  *#wait(L: LuaState) {
    const { client: owner, request, shape } = future(L);
    const answer = yield* request.wait(checkNumber(L, 2));
    if (answer === undefined) {
      owner.discard(request);
      throw clientError('TIMEOUT');
    }
    if (!answer.ok) throw answer.error;
    const values = answer.body.length === 0 ? [] : dataOf(answer.body);
    return (to: LuaState) => this.#pushValues(to, values, shape);
  }

  #pushValues(L: LuaState, values: readonly Uint8Array[], shape: Shape): number {
    const { box } = this.#runtime.instance;
    const result = createTable(values.length);
    values.forEach((bytes, at) => {
      if (shape === 'tuples') result.setNumber(at + 1, data(new TupleData(box.newTuple(bytes))));
      else {
        const slot = new Slot(Tag.NIL, null);
        decodeTo(bytes, 0, slot);
        result.setNumber(at + 1, slot);
      }
    });
    if (shape === 'values') result.set(string('n'), new Slot(Tag.NUMBER, values.length));
    return pushTable(L, result);
  }
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
    writer.uint(value);
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
