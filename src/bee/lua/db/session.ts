/** `db.session`: who the running fiber acts for. */

import type { Task } from '../../base/fiber.ts';
import { clientError } from '../../box/error.ts';
import { MsgpackWriter } from '../../wire/msgpack.ts';
import { encodeValue } from '../conversions.ts';
import type { LuaRuntime } from '../runtime.ts';
import { callForBox } from '../session-hooks.ts';
import {
  arg,
  argCount,
  argTypeError,
  callerError,
  checkNumber,
  createTable,
  hostFunction,
  isAbsent,
  library,
  pushBoolean,
  pushNil,
  pushNumber,
  pushText,
  pushValue,
  setField,
  string,
  stringText,
  table,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { copy, isFunction, isNumber, LuaError, nilObject, Tag } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import type { DbContext } from './context.ts';
import { sessionSettingsTable } from './session-settings.ts';
import { editTriggers } from './space-triggers.ts';

export function openSession(context: DbContext, runtime: LuaRuntime): void {
  const { box } = context.instance;
  const session = () => box.current.session;
  const nameOf = (uid: number): string => box.schema.user(uid)?.name ?? '';
  const hooks = runtime.triggers;
  const trigger = (list: TValue[]): HostFunction => {
    const sources = new Map<TValue, TValue>();
    return (L) => editTriggers(L, 1, list, sources, (f) => f);
  };
  box.schema.onAccessDenied = (...what) => {
    for (const f of [...hooks.accessDenied]) {
      callForBox(
        context.vm,
        f,
        what.map((word) => string(word)),
      );
    }
  };
  const su = context.vm.task(function* (L): Task<Push> {
    if (argCount(L) === 0) throw callerError('session.su(): bad arguments');
    const f = { ...arg(L, 2) };
    if (argCount(L) > 1 && !isFunction(f)) throw argTypeError(L, 2, 'function');
    const who = arg(L, 1);
    const name = isNumber(who) ? nameOf(who.value) : (stringText(who) ?? '');
    const user = box.schema.userByName(name);
    if (user === undefined)
      throw clientError('NO_SUCH_USER', isNumber(who) ? String(who.value) : name);
    box.checkSession(user);
    const credentials = box.schema.credentialsOf(user.name);
    const own = box.current;
    if (f.type === Tag.NIL) {
      own.session.credentials = credentials;
      own.credentials = credentials;
      return () => 0;
    }
    const args = Array.from({ length: argCount(L) - 2 }, (_unused, at) => ({ ...arg(L, at + 3) }));
    const before = own.credentials;
    own.credentials = credentials;
    try {
      const results = yield* context.vm.call(f, args);
      return (to) => {
        for (const result of results) pushValue(to, result);
        return results.length;
      };
    } finally {
      own.credentials = before;
    }
  });
  const functions = library({
    id: (L) => pushNumber(L, session().id),
    exists: (L) => {
      const id = arg(L, 1);
      if (argCount(L) === 0) return pushBoolean(L, true);
      if (argCount(L) !== 1) throw callerError('session.exists(sid): bad arguments');
      if (!isNumber(id)) throw new LuaError('expected int64_t as -1 argument', 'none');
      return pushBoolean(L, id.value === session().id);
    },
    type: (L) => pushText(L, session().type),
    uid: (L) => pushNumber(L, session().credentials.uid),
    user: (L) => pushText(L, nameOf(session().credentials.uid)),
    euid: (L) => pushNumber(L, box.current.credentials.uid),
    effective_user: (L) => pushText(L, nameOf(box.current.credentials.uid)),
    sync: (L) => pushNumber(L, Number(context.instance.contexts.current.sync)),
    fd: (L) => pushNumber(L, session().fd),
    peer: (L) => {
      if (!isAbsent(L, 1) && checkNumber(L, 1) !== session().id) {
        throw new LuaError('session.peer(): session does not exist', 'none');
      }
      const { peer } = session();
      if (peer !== undefined) return pushText(L, peer);
      if (session().type !== 'repl') return pushNil(L);
      throw new LuaError('session.peer(): getpeername() failed', 'none');
    },
    su,
    on_connect: trigger(hooks.connect),
    on_disconnect: trigger(hooks.disconnect),
    on_auth: trigger(hooks.auth),
    on_access_denied: trigger(hooks.accessDenied),
    push: context.vm.task((L) => pushToClient(runtime, L)),
  });
  setField(functions, 'settings', table(sessionSettingsTable(context)));
  const metatable = createTable();
  setField(
    metatable,
    '__index',
    hostFunction((L: LuaState) => {
      if (stringText(arg(L, 2)) !== 'storage') return pushValue(L, nilObject);
      const own = session();
      if (!(own.storage instanceof LuaTable)) own.storage = createTable();
      return pushValue(L, table(own.storage as LuaTable)); // set above
    }),
  );
  functions.metatable = metatable;
  setField(context.db, 'session', table(functions));
}

/** `db.session.push`: shows the client a value before the answer. */
function* pushToClient(runtime: LuaRuntime, L: LuaState): Task<Push> {
  if (argCount(L) !== 1) throw callerError('Usage: db.session.push(data)');
  const { instance, consoles } = runtime;
  const { session, sync, txn } = instance.contexts.current;
  const value = copy(arg(L, 1));
  const console = consoles.current;
  if (console === undefined && session.push === undefined) {
    throw clientError('UNSUPPORTED', `Session '${session.type}'`, 'push()');
  }
  // It may tell of rows that are not written yet; those of an open transaction are nobody's but the client's own.
  if (txn === undefined) yield* instance.durable();
  if (console !== undefined) console.print(consoles.pushed(value));
  else session.push?.(encoded(value), sync);
  return (to) => pushBoolean(to, true);
}

function encoded(value: TValue): Uint8Array {
  const writer = new MsgpackWriter();
  encodeValue(writer, value);
  return writer.finish();
}
