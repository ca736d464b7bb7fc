/** Which built-in modules there are, and the libraries that are globals too. */

import { openIterators } from '../iterators.ts';
import { numberFunctions } from '../lib/builtin-numbers.ts';
import { clearTable, newTable } from '../lib/table.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  argCount,
  callerError,
  checkText,
  getField,
  hostFunction,
  library,
  number,
  pushBoolean,
  setField,
  string,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction } from '../vm/types.ts';
import type { Slot } from '../vm/value.ts';
import { makeBufferModule } from './buffer.ts';
import { makeClockModule } from './clock.ts';
import { makeConsoleModule } from './console.ts';
import { makeCryptoModule } from './crypto.ts';
import { makeCsvModule } from './csv.ts';
import { makeDecimalModule } from './decimal.ts';
import { makeDigestModule } from './digest.ts';
import { makeErrnoModule } from './errno.ts';
import { makeFfiModule } from './ffi.ts';
import { makeFiberModule } from './fiber.ts';
import { makeFioModule } from './fio.ts';
import { openHelp } from './help.ts';
import { makeIoLibrary } from './io.ts';
import { makeKeyDefModule } from './key-def.ts';
import { makeLogModule } from './log.ts';
import {
  makeArgparseModule,
  makeFunModule,
  makeTapModule,
  makeTriggerModule,
} from './lua-modules.ts';
import { makeMergerModule } from './merger.ts';
import { makeMsgpackFfiModule, makeMsgpackModule } from './msgpack.ts';
import { makeNetBoxModule } from './net-box.ts';
import { makeOsLibrary } from './os.ts';
import { makePickleModule } from './pickle.ts';
import { makeJsonModule, makeYamlModule } from './serializers.ts';
import { makeStrictModule } from './strict.ts';
import { extendString } from './string-more.ts';
import { makeTarantoolModule } from './tarantool.ts';
import { makeTitleModule } from './title.ts';
import { makeUriModule } from './uri.ts';
import { makeUtf8Module } from './utf8.ts';
import { makeUuidModule } from './uuid.ts';
import { makeXlogModule } from './xlog.ts';

/** What a page cannot have, and why, in one sentence each. */
const refused: Readonly<Record<string, string>> = {
  socket: 'a page cannot open sockets: servers of one session reach each other through net.box',
  popen: 'there are no processes to start in a page',
  'http.client': 'a database in a page makes no HTTP requests',
  swim: 'SWIM needs UDP, which a page does not have',
  iconv: 'texts are UTF-8 here, and the utf8 module is at hand',
  curl: 'a database in a page makes no HTTP requests',
  pwd: 'a page has no users of an operating system',
  serpent: 'write values with json, yaml or msgpack instead',
};

/** Tells a state which built-in modules there are; each is made when it is first required. */
export function openStandardModules(runtime: LuaRuntime): void {
  const { modules, vm } = runtime;
  modules.define('fiber', makeFiberModule);
  modules.define('clock', makeClockModule);
  modules.define('decimal', makeDecimalModule);
  modules.define('ffi', makeFfiModule);
  modules.define('fun', makeFunModule);
  modules.define('tap', makeTapModule);
  modules.define('internal.trigger', makeTriggerModule);
  modules.define('internal.argparse', makeArgparseModule);
  modules.define('errno', makeErrnoModule);
  modules.define('log', makeLogModule);
  modules.define('json', makeJsonModule);
  modules.define('msgpack', makeMsgpackModule);
  modules.define('msgpackffi', makeMsgpackFfiModule);
  modules.define('buffer', makeBufferModule);
  modules.define('xlog', makeXlogModule);
  modules.define('yaml', makeYamlModule);
  modules.define('uuid', makeUuidModule);
  modules.define('digest', makeDigestModule);
  modules.define('uri', makeUriModule);
  modules.define('pickle', makePickleModule);
  modules.define('utf8', makeUtf8Module);
  modules.define('csv', makeCsvModule);
  modules.define('strict', makeStrictModule);
  modules.define('console', makeConsoleModule);
  modules.define('key_def', makeKeyDefModule);
  modules.define('merger', makeMergerModule);
  modules.define('tarantool', makeTarantoolModule);
  modules.define('bee', makeTarantoolModule);
  modules.define('title', makeTitleModule);
  modules.define('fio', makeFioModule);
  modules.define('crypto', makeCryptoModule);
  modules.define('net.box', makeNetBoxModule);
  modules.define('table.new', () => tableFunction(runtime, 'new', newTable));
  modules.define('table.clear', () => tableFunction(runtime, 'clear', clearTable));
  for (const name of ['bc', 'bcsave', 'dump', 'p', 'profile', 'util', 'v', 'vmdef', 'zone']) {
    modules.define(`jit.${name}`, () => {
      throw callerError(`module 'jit.${name}' is not available: programs are not compiled here`);
    });
  }
  for (const [name, why] of Object.entries(refused)) {
    modules.define(name, () => {
      throw callerError(`module '${name}' is not available: ${why}`);
    });
  }
  openIterators(runtime);
  openHelp(runtime);
  extendString(runtime);
  openGlobal(runtime, 'os', makeOsLibrary(runtime));
  openGlobal(runtime, 'io', makeIoLibrary(runtime));
  const jit = makeJit();
  openGlobal(runtime, 'jit', jit);
  setField(modules.loaded, 'jit.opt', getField(jit, 'opt'));
  const utf8 = modules.builtin('utf8');
  if (utf8 !== undefined) setField(vm.globals, 'utf8', utf8);
}

function openGlobal(runtime: LuaRuntime, name: string, library: LuaTable): void {
  setField(runtime.vm.globals, name, table(library));
  setField(runtime.modules.loaded, name, table(library));
}

/** `require('table.new')` and `require('table.clear')` give functions, and put them into `table`. */
function tableFunction(runtime: LuaRuntime, name: string, f: HostFunction): Slot {
  const made = hostFunction(f);
  setField(getField(runtime.vm.globals, 'table').value as LuaTable, name, made); // the library is a table
  return made;
}

/** There is no compiler; programs that switch it on and off, or tune it, go on running. */
function makeJit(): LuaTable {
  const jit = library({ on: () => 0, off: () => 0, flush: () => 0, attach: () => 0 });
  setField(jit, 'version', string('LuaJIT 2.1.0-beta3'));
  setField(jit, 'version_num', number(20100));
  setField(jit, 'os', string('Linux'));
  setField(jit, 'arch', string('x64'));
  setField(
    jit,
    'status',
    hostFunction((L) => pushBoolean(L, false)),
  );
  const opt = library({ start: checkOptimizations });
  setField(jit, 'opt', table(opt));
  numberFunctions(jit, 143, 'on off flush status attach');
  numberFunctions(opt, 159, 'start');
  return jit;
}

/** Takes the flags that LuaJIT's optimizer takes: `2`, `fold`, `-cse`, `hotloop=10`. */
const checkOptimizations: HostFunction = (L) => {
  for (let n = 1; n <= argCount(L); n++) {
    const flag = checkText(L, n);
    if (!optimization.test(flag)) {
      throw callerError(`unknown or malformed optimization flag '${flag}'`);
    }
  }
  return 0;
};

const optimization =
  /^(?:[0-9]+|(?:[-+]|no-?)?(?:fold|cse|dce|narrow|loop|fwd|dse|abc|sink|fuse|fma)|(?:max(?:trace|record|irconst|side|snap|mcode)|minstitch|hot(?:loop|exit)|tryside|(?:inst|loop|call|rec)unroll|sizemcode)=[0-9]+)$/;
