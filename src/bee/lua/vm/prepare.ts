/// <reference path="./fengari.d.ts" />
/**
 * Turns the engine from Lua 5.3 with 32-bit integers into Lua 5.1 with doubles, as far as its constants decide that. Its modules
 * copy these constants when they are loaded, so that this one must be loaded before any other of them: `engine.ts` sees to it.
 */
import defs from 'fengari/src/defs.js';
import ljstype from 'fengari/src/ljstype.js';
import llimits from 'fengari/src/llimits.js';
import lstring from 'fengari/src/lstring.js';
import luaconf from 'fengari/src/luaconf.js';
import { formatNumber } from './number-format.ts';
import type { TString } from './types.ts';

const types = defs.constant_types;
// The integer type is made the float type under another name: what the engine calls an integer is then any number. The
// places where it would cut one to 32 bits are replaced in `install.ts` and `execute.ts`.
types['LUA_TNUMINT'] = types['LUA_TNUMFLT'] ?? 3;
// One kind of string: the engine makes the "long" one only.
luaconf.lua_number2str = formatNumber;
luaconf.lua_integer2str = formatNumber;
luaconf.LUA_COMPAT_FLOATSTRING = true;
luaconf.LUA_IDSIZE = 60;
// LuaJIT's LUAI_MAXSTACK: a runaway recursion ends there with "stack overflow".
luaconf.LUAI_MAXSTACK = 65500;
// Host calls nested in each other (a metamethod within pcall within …). Each level takes about 1 kB of the JavaScript stack, which
// is 1 MB at least in the hosts; the engine's 200 stops programs that the real server runs.
llimits.LUAI_MAXCCALLS = 400;
// The engine checks that callers of its C-like interface announced the room that they push to. Bee's host functions push to stacks that
// grow by themselves, so the check would refuse what is right; above all in the handler that turns exceptions into Lua errors.
llimits.api_check = () => {};

// LuaJIT takes every byte above 127 for a letter, so that names may be in any language.
const { lislalpha, lislalnum } = ljstype;
ljstype.lislalpha = (c) => c > 127 || lislalpha(c);
ljstype.lislalnum = (c) => c > 127 || lislalnum(c);

// The engine's own hash takes different strings for the same key ('\x0a' .. 'a' and '\xa6\x01'). It is left to the compiler's
// look-up of reserved words; tables hash as LuaJIT does (`table-hash.ts`).
lstring.luaS_hash = (bytes) => {
  let text = '|';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};
lstring.luaS_hashlongstr = (s: TString) => lstring.luaS_hash(s.realstring);
lstring.luaS_eqlngstr = (a, b) => {
  if (a === b) return true;
  const x = a.realstring;
  const y = b.realstring;
  if (x.length !== y.length) return false;
  for (let at = 0; at < x.length; at++) if (x[at] !== y[at]) return false;
  return true;
};
