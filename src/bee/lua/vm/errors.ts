/**
 * Turns what a host function threw into the Lua value that `pcall` returns.
 */
import { AssertionError } from '../../base/assert.ts';
import { chunkIdBytes, textBytes } from '../front/chunk-id.ts';
import { LuaSyntaxError } from '../front/lexer.ts';
import { bytesValue } from './host.ts';
import { isTailCalled } from './slot-names.ts';
import type { CallInfo, Proto, TValue } from './types.ts';
import { copy, type ErrorPlace, LuaError, LuaThrow, type Slot, utf8 } from './value.ts';

const statusIsLua = 2;

/** The line that a Lua call stands at; -1 for a host function. */
export function currentLine(ci: CallInfo): number {
  if (!(ci.callstatus & statusIsLua)) return -1;
  const { p } = ci.func.value as { p: Proto }; // a Lua call runs a Lua closure
  return p.lineinfo[ci.l_savedpc - 1] ?? -1;
}

/** `chunk:line: ` of a Lua call; nothing for a host function. */
export function place(ci: CallInfo | null): Uint8Array {
  if (ci === null || !(ci.callstatus & statusIsLua)) return new Uint8Array(0);
  const { p } = ci.func.value as { p: Proto }; // as above
  return joined(chunkIdBytes(p.source.realstring), utf8(`:${currentLine(ci)}: `));
}

/** Two byte strings as one. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(a.length + b.length);
  result.set(a);
  result.set(b, a.length);
  return result;
}

function placeOf(where: ErrorPlace, ci: CallInfo | null): Uint8Array {
  if (where === 'none' || ci === null) return new Uint8Array(0);
  if (where === 'here' || ci.callstatus & statusIsLua) return place(ci);
  return isTailCalled(ci) ? new Uint8Array(0) : place(ci.previous);
}

/** Makes Lua values of the errors of other layers (`db.error` objects). */
export type ErrorConverter = (error: unknown) => Slot | LuaError | undefined;

/**
 * @param error what was thrown
 * @param ci the call in which it was thrown
 * @returns undefined for a bug in Bee, which nobody may catch
 */
export function errorValue(
  error: unknown,
  ci: CallInfo | null,
  convert: ErrorConverter,
): TValue | undefined {
  if (error instanceof LuaThrow) return copy(error.thrown);
  if (error instanceof LuaError) {
    return bytesValue(joined(placeOf(error.place, ci), utf8(error.message)));
  }
  if (error instanceof LuaSyntaxError) return bytesValue(textBytes(error.message));
  if (error instanceof AssertionError) return undefined;
  const converted = convert(error);
  if (converted instanceof LuaError) return errorValue(converted, ci, convert);
  if (converted !== undefined) return converted;
  if (!(error instanceof Error)) return undefined;
  return bytesValue(joined(placeOf('here', ci), utf8(resourceWords(error))));
}

/** The JavaScript engine's limits in LuaJIT's words. What is left is a bug that does not endanger the data: it is said. */
export function resourceWords(error: Error): string {
  if (/call stack|too much recursion/i.test(error.message)) return 'stack overflow';
  if (error instanceof RangeError || /out of memory|allocation/i.test(error.message)) {
    return 'not enough memory';
  }
  return `internal error: ${error.message}`;
}
