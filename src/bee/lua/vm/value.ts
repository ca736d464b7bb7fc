/**
 * Values and slots: the tags, the constructors, and small readers that hosts use instead of casts.
 */
import { lobject, lstring } from './engine.ts';
import type { LuaTable } from './table.ts';
import type {
  CClosure,
  HostFunction,
  LClosure,
  LuaState,
  TString,
  TValue,
  Udata,
} from './types.ts';

/**
 * Type tags of slots, as the engine numbers them (a test holds them to its own constants). Three of them are functions: Lua
 * closures, host functions, host functions with upvalues.
 */
export const Tag = {
  NIL: 0,
  BOOLEAN: 1,
  LIGHT_USERDATA: 2,
  NUMBER: 3,
  STRING: 20,
  TABLE: 5,
  FUNCTION: 6,
  USERDATA: 7,
  THREAD: 8,
  LUA_CLOSURE: 6,
  HOST_FUNCTION: 22,
  HOST_CLOSURE: 38,
} as const;

/** A place that holds a value: on a stack, in a table, a captured variable. */
export const Slot = lobject.TValue;
export type Slot = TValue;

/** What absent values are read as. Never written. */
export const nilObject: TValue = lobject.luaO_nilobject;

/** Where an error message says it happened. */
export type ErrorPlace =
  /** In the running function, when that is a Lua function: errors of the language itself. */
  | 'here'
  /** In the Lua function that called the running host function. */
  | 'caller'
  /** Not said. */
  | 'none';

/** A Lua error with a message, on its way from the host to the nearest `pcall`. */
export class LuaError extends Error {
  override readonly name = 'LuaError';
  readonly place: ErrorPlace;
  constructor(message: string, place: ErrorPlace = 'here') {
    super(message);
    this.place = place;
  }
}

/** Any Lua value on its way to the nearest `pcall`. */
export class LuaThrow extends Error {
  override readonly name = 'LuaThrow';
  readonly thrown: TValue;
  constructor(thrown: TValue) {
    super('Lua error');
    this.thrown = new Slot(thrown.type, thrown.value);
  }
}

/** A Lua string of bytes, which must not be changed afterwards. */
export function newString(bytes: Uint8Array): TString {
  return new lstring.TString(null, bytes);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const interned = new Map<string, TString>();
/** Names that the host uses are few; a program that makes up names by the million must not fill the memory. */
const internedMax = 20_000;

/** A Lua string of a JavaScript one, in UTF-8. Short ones are kept, so that table look-ups meet the same object. */
export function internString(text: string): TString {
  let s = interned.get(text);
  if (s === undefined) {
    s = newString(encoder.encode(text));
    if (text.length <= 64 && interned.size < internedMax) interned.set(text, s);
  }
  return s;
}

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** A text of bytes; what is not UTF-8 becomes U+FFFD. */
export function text(bytes: Uint8Array): string {
  if (bytes.length < 24) {
    let ascii = '';
    for (const byte of bytes) {
      if (byte > 127) return decoder.decode(bytes);
      ascii += String.fromCharCode(byte);
    }
    return ascii;
  }
  return decoder.decode(bytes);
}

// Readers. The tag of a slot says what its value is; these are the only places that take it at its word.

/** Whether a slot holds a string. */
export function isString(slot: TValue): slot is TValue & { value: TString } {
  return slot.type === Tag.STRING;
}

/** Whether a slot holds a table. */
export function isTable(slot: TValue): slot is TValue & { value: LuaTable } {
  return slot.type === Tag.TABLE;
}

/** Whether a slot holds a number; cdata is none. */
export function isNumber(slot: TValue): slot is TValue & { value: number } {
  return slot.type === Tag.NUMBER;
}

/** Whether a slot holds userdata, cdata included. */
export function isUserdata(slot: TValue): slot is TValue & { value: Udata } {
  return slot.type === Tag.USERDATA;
}

/** Whether a slot holds a coroutine. */
export function isThread(slot: TValue): slot is TValue & { value: LuaState } {
  return slot.type === Tag.THREAD;
}

/** Whether a slot holds a function written in Lua. */
export function isLuaClosure(slot: TValue): slot is TValue & { value: LClosure } {
  return slot.type === Tag.LUA_CLOSURE;
}

/** Whether a slot holds a host function without upvalues. */
export function isHostFunction(slot: TValue): slot is TValue & { value: HostFunction } {
  return slot.type === Tag.HOST_FUNCTION;
}

/** Whether a slot holds a host function with upvalues. */
export function isHostClosure(slot: TValue): slot is TValue & { value: CClosure } {
  return slot.type === Tag.HOST_CLOSURE;
}

/** Whether a slot holds a function of any kind. */
export function isFunction(slot: TValue): boolean {
  return (slot.type & 15) === Tag.FUNCTION;
}

/** Whether a slot holds nil. */
export function isNil(slot: TValue): boolean {
  return slot.type === Tag.NIL;
}

/** Whether a value counts as false: nil and false do. */
export function isFalse(slot: TValue): boolean {
  return slot.type === Tag.NIL || (slot.type === Tag.BOOLEAN && slot.value === false);
}

/** A slot of its own with the same value. Slots on the stack are changed in place. */
export function copy(slot: TValue): Slot {
  return new Slot(slot.type, slot.value);
}
