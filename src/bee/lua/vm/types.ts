import type { LuaTable } from './table.ts';

/**
 * The shapes of the engine's own objects (fengari 0.1.5), as far as Bee touches them. Declared here because the engine
 * ships no typings, and kept narrow: a field that is not listed is none of Bee's business.
 */

/** A Lua string: bytes. `hash` is LuaJIT's hash of them, computed when first needed. */
export interface TString {
  hash: number | null;
  readonly realstring: Uint8Array;
}

/** A slot that holds a Lua value: a type tag (`Tag`) and what belongs to it. Slots are changed in place. */
export interface TValue {
  type: number;
  value: unknown;
}

export interface Instruction {
  readonly opcode: number;
  readonly A: number;
  B: number;
  C: number;
  readonly Bx: number;
  readonly sBx: number;
  Ax: number;
}

export interface UpvalueInfo {
  readonly name: TString | null;
  readonly instack: boolean;
  readonly idx: number;
}

/** A compiled function. */
export interface Proto {
  readonly k: TValue[];
  readonly p: Proto[];
  readonly code: Instruction[];
  cache: LClosure | null;
  readonly lineinfo: number[];
  readonly upvalues: UpvalueInfo[];
  numparams: number;
  is_vararg: boolean;
  maxstacksize: number;
  linedefined: number;
  lastlinedefined: number;
  source: TString;
  /** Set by Bee (`compile.ts`): what the NEWTABLE instructions make, by their Ax less one. */
  templates?: LuaTable[];
}

/** A Lua function with its captured variables. */
export interface LClosure {
  readonly id: number;
  p: Proto;
  readonly nupvalues: number;
  readonly upvals: TValue[];
}

/** A host function: reads its arguments from the stack of `L`, pushes its results, returns how many. */
export type HostFunction = (L: LuaState) => number;

/** Runs when a suspended host function goes on. */
export type Continuation = (L: LuaState, status: number, context: unknown) => number;

/** A host function with upvalues. */
export interface CClosure {
  readonly id: number;
  readonly f: HostFunction;
  readonly nupvalues: number;
  readonly upvalue: TValue[];
}

export interface CallInfo {
  func: TValue;
  funcOff: number;
  top: number;
  previous: CallInfo | null;
  next: CallInfo | null;
  l_base: number;
  l_code: Instruction[];
  l_savedpc: number;
  extra: number;
  c_k: Continuation | null;
  nresults: number;
  callstatus: number;
}

/** A Lua thread: a stack and its calls. */
export interface LuaState {
  readonly id: number;
  readonly l_G: GlobalState;
  readonly base_ci: CallInfo;
  stack: TValue[];
  top: number;
  stack_last: number;
  ci: CallInfo;
  errorJmp: { status: number } | null;
  errfunc: number;
  nCcalls: number;
  /** Above 0 when the thread cannot be suspended: a host function that does not expect it is on its stack. */
  nny: number;
  status: number;
}

export interface GlobalState {
  id_counter: number;
  readonly mainthread: LuaState;
  readonly l_registry: TValue;
  readonly tmname: TString[];
  /** Metatables of the types that share one, by type. */
  readonly mt: (LuaTable | null | undefined)[];
  atnativeerror: HostFunction | null;
}

/** What a value of type userdata is to the engine: anything with these two fields. */
export interface Udata {
  readonly id: number;
  metatable: LuaTable | null;
}

/** What `lua_getinfo` fills. */
export interface DebugInfo {
  name: Uint8Array | null;
  namewhat: Uint8Array;
  what: Uint8Array | null;
  source: Uint8Array;
  currentline: number;
  linedefined: number;
  lastlinedefined: number;
  short_src: Uint8Array;
  nups: number;
  nparams: number;
  isvararg: boolean;
  i_ci: CallInfo;
}
