/** The part of LuaJIT's debug library that programs use: traces, what is known of a function, metatables of any type. */

import { byteText, chunkIdBytes } from '../front/chunk-id.ts';
import { asCData } from '../vm/cdata.ts';
import { currentLine, place } from '../vm/errors.ts';
import {
  arg,
  argError,
  bytesValue,
  callerError,
  checkAny,
  checkFunction,
  checkInteger,
  checkTable,
  hasArg,
  isAbsent,
  library,
  number,
  optInteger,
  pushBoolean,
  pushBytes,
  pushNil,
  pushTable,
  pushText,
  pushValue,
  record,
  setField,
  string,
  stringText,
  table,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import { nameOfCall } from '../vm/slot-names.ts';
import type { LuaTable } from '../vm/table.ts';
import type { CallInfo, LuaState, TValue } from '../vm/types.ts';
import {
  isFunction,
  isLuaClosure,
  isTable,
  isThread,
  isUserdata,
  Slot,
  Tag,
  text,
} from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import { getEnvironment, setEnvironment } from './environments.ts';
import { frameAt } from './frames.ts';
import { getLocal, setLocal } from './locals.ts';
import { metatableOf } from './tostring.ts';

/** Opens the `debug` library. */
export function openDebug(vm: LuaVm): void {
  const functions = library({
    getinfo: (L) => getInfo(L),
    getfenv: (L) => {
      const object = checkAny(L, 1);
      if (isThread(object)) return pushTable(L, vm.globals);
      return isFunction(object) ? getEnvironment(vm, L) : pushNil(L);
    },
    setfenv: (L) => {
      checkTable(L, 2);
      const object = arg(L, 1);
      // A thread has no globals of its own here: what runs in it has those of its functions.
      if (isThread(object)) return pushValue(L, object);
      if (!isFunction(object)) {
        throw callerError("'setfenv' cannot change environment of given object");
      }
      return setEnvironment(L);
    },
    getlocal: getLocal,
    setlocal: setLocal,
    debug: () => {
      throw callerError('debug.debug is not available: no debugger reads a page’s terminal');
    },
    getmetatable: (L) => {
      const metatable = metatableOf(L, checkAny(L, 1));
      return metatable === null ? pushNil(L) : pushTable(L, metatable);
    },
    getregistry: (L) => pushTable(L, vm.registry),
    getupvalue,
    sethook: () => 0,
    gethook: () => 0,
    setmetatable: (L) => {
      const given = arg(L, 2);
      if (!hasArg(L, 2) || (given.type !== Tag.NIL && !isTable(given))) {
        throw argError(L, 2, 'nil or table expected');
      }
      const object = checkAny(L, 1);
      setAnyMetatable(L, object, isTable(given) ? given.value : null);
      return pushBoolean(L, true);
    },
    setupvalue,
    sourcedir: (L) => pushText(L, '.'),
    sourcefile: (L) => pushNil(L),
    traceback: (L) => pushBytes(L, traceback(L)),
    upvalueid: (L) => pushNil(L),
    upvaluejoin: () => 0,
  });
  setField(vm.globals, 'debug', table(functions));
}

function setAnyMetatable(L: LuaState, object: TValue, metatable: LuaTable | null): void {
  // The metatables of cdata are those of their types, which nobody may change.
  if (asCData(object) !== undefined) return;
  if (isTable(object) || isUserdata(object)) object.value.metatable = metatable;
  else L.l_G.mt[object.type & 15] = metatable;
}

function getupvalue(L: LuaState): number {
  const n = checkInteger(L, 2) - 1;
  const f = checkFunction(L, 1);
  if (!isLuaClosure(f)) return 0;
  const name = f.value.p.upvalues[n]?.name;
  const value = f.value.upvals[n];
  if (!name || value === undefined) return 0;
  pushBytes(L, name.realstring);
  return 1 + pushValue(L, value);
}

function setupvalue(L: LuaState): number {
  const n = checkInteger(L, 2) - 1;
  const f = checkFunction(L, 1);
  if (!isLuaClosure(f)) return 0;
  const name = f.value.p.upvalues[n]?.name;
  const slot = f.value.upvals[n];
  if (!name || slot === undefined) return 0;
  slot.type = arg(L, 3).type;
  slot.value = arg(L, 3).value;
  return pushBytes(L, name.realstring);
}

function getInfo(L: LuaState): number {
  const isOfThread = isThread(arg(L, 1));
  const target = arg(L, isOfThread ? 2 : 1);
  if (isFunction(target)) return pushTable(L, describe(L, target, undefined));
  const level = toNumber(target);
  if (level === undefined) {
    throw argError(L, isOfThread ? 2 : 1, 'function or level expected');
  }
  const ci = frameAt(L, Math.trunc(level));
  return ci === undefined ? pushNil(L) : pushTable(L, describe(L, ci.func, ci));
}

function describe(_L: LuaState, f: TValue, ci: CallInfo | undefined): LuaTable {
  const proto = isLuaClosure(f) ? f.value.p : undefined;
  const source = proto === undefined ? '=[C]' : text(proto.source.realstring);
  const name = ci === undefined ? undefined : nameOfCall(ci);
  const info = record({
    source: string(source),
    short_src: proto === undefined ? string('[C]') : shortSource(proto.source.realstring),
    what: string(proto === undefined ? 'C' : proto.linedefined === 0 ? 'main' : 'Lua'),
    currentline: number(ci === undefined ? -1 : currentLine(ci)),
    linedefined: number(proto?.linedefined ?? -1),
    lastlinedefined: number(proto?.lastlinedefined ?? -1),
    nups: number(proto?.upvalues.length ?? 0),
    nparams: number(proto?.numparams ?? 0),
    isvararg: new Slot(Tag.BOOLEAN, proto?.is_vararg ?? true),
    namewhat: string(name?.kind ?? ''),
    func: new Slot(f.type, f.value),
  });
  if (name !== undefined) setField(info, 'name', string(name.name));
  return info;
}

function shortSource(source: Uint8Array): Slot {
  return bytesValue(chunkIdBytes(source));
}

/** `stack traceback:` and a line for each call. */
export function traceback(L: LuaState): Uint8Array {
  const message = arg(L, 1);
  if (!isAbsent(L, 1) && stringText(message) === undefined && message.type !== Tag.NUMBER) {
    return new TextEncoder().encode('');
  }
  const lines = isAbsent(L, 1) ? [] : [stringText(message) ?? ''];
  lines.push('stack traceback:', ...callLines(L, optInteger(L, 2, 1)));
  return new TextEncoder().encode(lines.join('\n'));
}

/** A line of a traceback for each call, from the level on; 0 is the running function. */
export function callLines(L: LuaState, from: number): string[] {
  const lines: string[] = [];
  for (let level = from; ; level++) {
    const ci = frameAt(L, level);
    if (ci === undefined) return lines;
    const where = text(place(ci)).trimEnd();
    lines.push(`\t${where === '' ? '[C]:' : where} ${whatIsCalled(ci)}`);
  }
}

function whatIsCalled(ci: CallInfo): string {
  const name = nameOfCall(ci);
  if (name !== undefined) return `in function '${name.name}'`;
  if (!isLuaClosure(ci.func)) return 'in ?';
  const { source, linedefined } = ci.func.value.p;
  if (linedefined === 0) return 'in main chunk';
  return `in function <${byteText(chunkIdBytes(source.realstring))}:${linedefined}>`;
}
