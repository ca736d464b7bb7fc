/**
 * Typings for the modules of the engine that Bee uses. `engine.ts` is the only file that imports them. Not used, and not to
 * be used: the engine's main module and its io, os, package and debug libraries, which reach for files and processes.
 */
declare module 'fengari/src/defs.js' {
  const defs: {
    readonly constant_types: Record<string, number>;
    readonly lua_Debug: new () => import('./types.ts').DebugInfo;
  };
  export default defs;
}
declare module 'fengari/src/luaconf.js' {
  const luaconf: {
    LUA_COMPAT_FLOATSTRING: boolean;
    LUA_IDSIZE: number;
    LUAI_MAXSTACK: number;
    lua_number2str: (n: number) => string;
    lua_integer2str: (n: number) => string;
  };
  export default luaconf;
}
declare module 'fengari/src/llimits.js' {
  const llimits: {
    LUAI_MAXCCALLS: number;
    lua_assert: (condition: boolean) => void;
    api_check: (L: unknown, condition: boolean, message: string) => void;
  };
  export default llimits;
}
declare module 'fengari/src/ljstype.js' {
  const ljstype: {
    lislalpha: (c: number) => boolean;
    lislalnum: (c: number) => boolean;
  };
  export default ljstype;
}
declare module 'fengari/src/lstring.js' {
  import type { TString } from './types.ts';

  const lstring: {
    readonly TString: new (L: unknown, bytes: Uint8Array) => TString;
    luaS_hash: (bytes: Uint8Array) => string;
    luaS_hashlongstr: (s: TString) => unknown;
    luaS_eqlngstr: (a: TString, b: TString) => boolean;
  };
  export default lstring;
}
declare module 'fengari/src/lua.js' {
  const lua: object;
  export default lua;
}
declare module 'fengari/src/lobject.js' {
  import type { CClosure, HostFunction, LClosure, LuaState, TValue } from './types.ts';

  const lobject: {
    readonly TValue: new (type: number, value: unknown) => TValue;
    readonly LClosure: new (L: LuaState, n: number) => LClosure;
    readonly CClosure: new (L: LuaState, f: HostFunction, n: number) => CClosure;
    readonly luaO_nilobject: TValue;
    luaO_chunkid: (source: Uint8Array, size: number) => Uint8Array;
    luaO_str2num: (s: Uint8Array, out: TValue) => number;
    luaO_tostring: (L: LuaState, out: TValue) => void;
    luaO_arith: (L: LuaState | null, op: number, a: TValue, b: TValue, out: TValue) => void;
  };
  export default lobject;
}
declare module 'fengari/src/ltable.js' {
  import type { LuaTable } from './table.ts';
  import type { LuaState, TString, TValue } from './types.ts';

  const ltable: {
    Table: unknown;
    invalidateTMcache: (t: LuaTable) => void;
    luaH_new: (L: LuaState) => LuaTable;
    luaH_get: (L: LuaState, t: LuaTable, key: TValue) => TValue;
    luaH_getint: (t: LuaTable, key: number) => TValue;
    luaH_getstr: (t: LuaTable, key: TString) => TValue;
    luaH_getn: (t: LuaTable) => number;
    luaH_setint: (t: LuaTable, key: number, value: TValue) => void;
    luaH_setfrom: (L: LuaState, t: LuaTable, key: TValue, value: TValue) => void;
    luaH_next: (L: LuaState, t: LuaTable, keyIndex: number) => boolean;
  };
  export default ltable;
}
declare module 'fengari/src/lfunc.js' {
  import type { LuaState, Proto } from './types.ts';

  const lfunc: {
    luaF_close: (L: LuaState, level: number) => void;
    luaF_getlocalname: (p: Proto, n: number, pc: number) => Uint8Array | null;
  };
  export default lfunc;
}
declare module 'fengari/src/lstate.js' {
  import type { LuaState } from './types.ts';

  const lstate: {
    lua_newstate: () => LuaState;
    lua_newthread: (L: LuaState) => LuaState;
  };
  export default lstate;
}
declare module 'fengari/src/ldo.js' {
  import type { Continuation, LuaState } from './types.ts';

  const ldo: {
    adjust_top: (L: LuaState, top: number) => void;
    luaD_call: (L: LuaState, offset: number, results: number) => void;
    luaD_callnoyield: (L: LuaState, offset: number, results: number) => void;
    luaD_checkstack: (L: LuaState, n: number) => void;
    luaD_poscall: (L: LuaState, ci: unknown, first: number, n: number) => boolean;
    luaD_precall: (L: LuaState, offset: number, results: number) => boolean;
    luaD_protectedparser: (
      L: LuaState,
      z: unknown,
      name: Uint8Array,
      mode: Uint8Array | null,
    ) => number;
    luaD_throw: (L: LuaState, status: number) => never;
    lua_resume: (L: LuaState, from: LuaState | null, args: number) => number;
    lua_yieldk: (L: LuaState, results: number, context: unknown, k: Continuation | null) => number;
  };
  export default ldo;
}
declare module 'fengari/src/ldebug.js' {
  import type { DebugInfo, LuaState, TValue } from './types.ts';

  const ldebug: {
    luaG_typeerror: (L: LuaState, o: TValue, op: Uint8Array) => never;
    luaG_concaterror: (L: LuaState, a: TValue, b: TValue) => never;
    luaG_opinterror: (L: LuaState, a: TValue, b: TValue, op: Uint8Array) => never;
    luaG_ordererror: (L: LuaState, a: TValue, b: TValue) => never;
    luaG_runerror: (L: LuaState, format: Uint8Array, ...args: unknown[]) => never;
    luaG_errormsg: (L: LuaState) => never;
    lua_getinfo: (L: LuaState, what: Uint8Array, ar: DebugInfo) => number;
    lua_getstack: (L: LuaState, level: number, ar: DebugInfo) => number;
    lua_getlocal: (L: LuaState, ar: DebugInfo | null, n: number) => Uint8Array | null;
    lua_setlocal: (L: LuaState, ar: DebugInfo, n: number) => Uint8Array | null;
  };
  export default ldebug;
}
declare module 'fengari/src/ltm.js' {
  import type { LuaTable } from './table.ts';
  import type { LuaState, TString, TValue } from './types.ts';

  const ltm: {
    fasttm: (L: LuaState, events: LuaTable | null, event: number) => TValue | null;
    luaT_callTM: (
      L: LuaState,
      f: TValue,
      a: TValue,
      b: TValue,
      c: TValue,
      hasResult: number,
    ) => void;
    luaT_gettmbyobj: (L: LuaState, o: TValue, event: number) => TValue;
    luaT_objtypename: (L: LuaState, o: TValue) => Uint8Array;
    ttypename: (type: number) => Uint8Array;
    luaT_trybinTM: (L: LuaState, a: TValue, b: TValue, out: TValue, event: number) => void;
    luaT_gettm: (events: LuaTable, event: number, name: TString) => TValue | null;
  };
  export default ltm;
}
declare module 'fengari/src/lvm.js' {
  import type { LuaState, TValue } from './types.ts';

  const lvm: {
    luaV_execute: (L: LuaState) => void;
    luaV_concat: (L: LuaState, total: number) => void;
    luaV_equalobj: (L: LuaState | null, a: TValue, b: TValue) => number;
    luaV_rawequalobj: (a: TValue, b: TValue) => number;
    luaV_lessequal: (L: LuaState, a: TValue, b: TValue) => number;
    luaV_lessthan: (L: LuaState, a: TValue, b: TValue) => number;
    luaV_objlen: (L: LuaState, out: TValue, o: TValue) => void;
    luaV_gettable: (L: LuaState, t: TValue, key: TValue, out: number) => void;
    settable: (L: LuaState, t: TValue, key: TValue, value: TValue) => void;
    luaV_tointeger: (o: TValue, mode: number) => number | false;
    tointeger: (o: TValue) => number | false;
    tonumber: (o: TValue) => number | false;
  };
  export default lvm;
}
declare module 'fengari/src/lzio.js' {
  const lzio: {
    readonly ZIO: new (L: unknown, reader: () => Uint8Array | null, data: unknown) => object;
  };
  export default lzio;
}
declare module 'fengari/src/lapi.js' {
  import type { Continuation, HostFunction, LuaState } from './types.ts';

  const lapi: {
    lua_pcallk: (
      L: LuaState,
      args: number,
      results: number,
      handler: number,
      context: unknown,
      k: Continuation | null,
    ) => number;
    lua_callk: (
      L: LuaState,
      args: number,
      results: number,
      context: unknown,
      k: Continuation | null,
    ) => void;
    lua_error: (L: LuaState) => never;
    lua_dump: (
      L: LuaState,
      writer: (L: LuaState, bytes: Uint8Array, size: number, data: unknown) => number,
      data: unknown,
      strip: boolean,
    ) => number;
    lua_pushcclosure: (L: LuaState, f: HostFunction, n: number) => void;
    lua_settop: (L: LuaState, index: number) => void;
    lua_xmove: (from: LuaState, to: LuaState, n: number) => void;
  };
  export default lapi;
}
