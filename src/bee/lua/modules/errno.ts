/** The `errno` module: names and numbers of Linux, and what the running fiber failed with last. */

import { strerror } from '../../replication/error.ts';
import type { LuaRuntime } from '../runtime.ts';
import { asCData } from '../vm/cdata.ts';
import {
  arg,
  builtinError,
  checkNumber,
  hostFunction,
  isAbsent,
  library,
  number,
  pushNumber,
  pushText,
  setField,
  toInt32,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import { LuaTable } from '../vm/table.ts';
import type { TValue } from '../vm/types.ts';

const numbers: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
  EWOULDBLOCK: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  EDOM: 33,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EPROTO: 71,
  EOVERFLOW: 75,
  EILSEQ: 84,
  ENOTSOCK: 88,
  EPROTOTYPE: 91,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
  ECANCELED: 125,
};

/** Last errors by server. */
const last = new WeakMap<LuaRuntime, number>();

/** Notes what a call failed with, for `errno()`. */
export function setErrno(runtime: LuaRuntime, name: string): number {
  const value = numbers[name] ?? 5;
  last.set(runtime, value);
  return value;
}

/** A code as C takes it. A string that reads as a number is one. */
function codeOf(value: TValue): number {
  const code = toNumber(value) ?? asCData(value)?.toNumber();
  if (code === undefined) {
    const problem = "bad argument #1 to 'strerror' (cannot convert 'nil' to 'int')";
    throw builtinError('errno', 12, problem);
  }
  return toInt32(code);
}

/** The `errno` module. */
export function makeErrnoModule(runtime: LuaRuntime): LuaTable {
  const module = library({
    strerror: (L) =>
      pushText(L, strerror(isAbsent(L, 1) ? (last.get(runtime) ?? 0) : codeOf(arg(L, 1)))),
  });
  for (const [name, value] of Object.entries(numbers)) setField(module, name, number(value));
  module.metatable = new LuaTable(0, 0);
  setField(
    module.metatable,
    '__call',
    hostFunction((L) => {
      const old = last.get(runtime) ?? 0;
      if (arg(L, 2).type !== 0) last.set(runtime, checkNumber(L, 2));
      return pushNumber(L, old);
    }),
  );
  return module;
}
