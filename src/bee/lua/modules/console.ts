/** The `console` module: `listen`, `connect`, and what a program may ask of the console that it runs under. */
import type { Task } from '../../base/fiber.ts';
import { complete } from '../completion.ts';
import { noConsoleForDelimiter, parseOutput } from '../console-commands.ts';
import { plainText } from '../lib/tostring.ts';
import type { LuaRuntime } from '../runtime.ts';
import { typeName } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  builtinError,
  checkNumber,
  checkString,
  checkText,
  getField,
  hostFunction,
  isAbsent,
  library,
  list,
  number,
  pushBoolean,
  pushNil,
  pushNumber,
  pushTable,
  pushText,
  record,
  setField,
  string,
  stringText,
  table,
  toBoolean,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { copy, isFunction, isTable, LuaError, nilObject, text } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import { type ConsoleListener, listenConsole } from './console-listener.ts';
import { connectConsole } from './console-remote.ts';

/** The `console` module. */
export function makeConsoleModule(runtime: LuaRuntime): LuaTable {
  const { vm, consoles } = runtime;
  return library({
    eval: vm.task((L) => evaluate(runtime, L)),
    start: vm.task(() => start(runtime)),
    listen: vm.task((L) => listen(runtime, L)),
    connect: vm.task((L) => connect(runtime, L)),
    delimiter: (L) => delimiter(runtime, L),
    ac: (L) => {
      const { current } = consoles;
      if (current === undefined) throw moduleError(736, 'console.ac(): need existing console');
      current.isCompleting = toBoolean(arg(L, 1));
      return 0;
    },
    eos: (L) => endOfAnswer(runtime, L),
    set_default_output: (L) => {
      if (isAbsent(L, 1)) throw moduleError(158, 'Nil output value passed');
      const format = parseOutput(checkText(L, 1));
      if (typeof format === 'string') throw moduleError(162, format);
      consoles.defaultOutput = format;
      return 0;
    },
    get_default_output: (L) => {
      if (!isAbsent(L, 1)) throw moduleError(171, 'Arguments provided while prohibited');
      const { fmt, opts } = consoles.defaultOutput;
      const fields = { fmt: string(fmt), ...(opts === undefined ? {} : { opts: string(opts) }) };
      return pushTable(L, record(fields));
    },
    on_start: hook(719, 'on_start', (f) => {
      consoles.onStart = f;
    }),
    on_client_disconnect: hook(727, 'on_client_disconnect', (f) => {
      consoles.onClientDisconnect = f;
    }),
    completion_handler: (L) => {
      const line = checkText(L, 1);
      const { from, words } = complete(vm.globals, line, checkNumber(L, 3));
      if (words.length === 0) return 0;
      const found = words.map((word) => line.slice(0, from) + word);
      // The first one is what all have in common, as the line editor wants it.
      return pushTable(L, list([commonStart(found), ...found].map(string)));
    },
  });
}

/** An error that the real server's console module raises at this line of its own. */
function moduleError(line: number, message: string): LuaError {
  return builtinError('box/console', line, message);
}

function* evaluate(runtime: LuaRuntime, L: LuaState): Task<Push> {
  if (isAbsent(L, 1)) return pushNil;
  const answer = yield* runtime.consoles.evaluate(checkString(L, 1), undefined);
  return (to) => (answer === undefined ? pushNil(to) : pushText(to, answer));
}

/** Serves the terminal until its input ends; then the program goes on. */
function* start(runtime: LuaRuntime): Task<Push> {
  const { console } = runtime;
  if (console === undefined) throw new LuaError('this server has no terminal', 'none');
  yield* console.serve();
  return () => 0;
}

function delimiter(runtime: LuaRuntime, L: LuaState): number {
  const { current } = runtime.consoles;
  if (current === undefined) throw new LuaError(noConsoleForDelimiter, 'none');
  if (isAbsent(L, 1)) return pushText(L, current.delimiter);
  const value = stringText(arg(L, 1));
  if (value === undefined) throw moduleError(260, 'invalid delimiter');
  current.delimiter = value;
  return 0;
}

function endOfAnswer(runtime: LuaRuntime, L: LuaState): number {
  const { consoles } = runtime;
  const { fmt } = consoles.output;
  if (isAbsent(L, 1)) return pushText(L, fmt === 'yaml' ? '\n...\n' : consoles.luaEnd);
  if (fmt === 'yaml') throw moduleError(226, 'console.eos(): is immutable for output yaml');
  const end = checkText(L, 1);
  if (end === '') throw new LuaError('console.eos(): an answer must end with something', 'none');
  consoles.luaEnd = end;
  return 0;
}

function hook(line: number, name: string, put: (f: TValue) => void): HostFunction {
  return (L) => {
    const f = argCount(L) === 0 ? nilObject : copy(arg(L, 1));
    if (f !== nilObject && !isAbsent(L, 1) && !isFunction(f)) {
      throw moduleError(line, `Wrong type of ${name} hook: ${typeName(f)}`);
    }
    put(f);
    return 0;
  };
}

function* connect(runtime: LuaRuntime, L: LuaState): Task<Push> {
  const uri = isAbsent(L, 1) ? undefined : text(plainText(arg(L, 1)));
  const options = arg(L, 2);
  const timeout = isTable(options) ? copy(getField(options.value, 'timeout')) : nilObject;
  yield* connectConsole(
    runtime,
    uri,
    typeof timeout.value === 'number' ? timeout.value : undefined,
  );
  return (to) => pushBoolean(to, true);
}

function* listen(runtime: LuaRuntime, L: LuaState): Task<Push> {
  const uri = isAbsent(L, 1) ? undefined : text(plainText(arg(L, 1)));
  const listener = yield* listenConsole(runtime, uri);
  return (to) => pushTable(to, socketOf(listener));
}

/** What `console.listen` gives: of a socket's methods, those that a listening one has a use for. */
function socketOf(listener: ConsoleListener): LuaTable {
  const { fd, host, service } = listener;
  const isPath = host === 'unix/';
  const name = (): LuaTable =>
    record({
      host: string(host),
      family: string(isPath ? 'AF_UNIX' : 'AF_INET'),
      type: string('SOCK_STREAM'),
      protocol: isPath ? number(0) : string('tcp'),
      port: isPath ? string(service) : number(Number(service)),
    });
  const open =
    (f: HostFunction): HostFunction =>
    (L) => {
      if (!listener.isOpen) throw builtinError('socket', 88, 'attempt to use closed socket');
      return f(L);
    };
  const socket = new LuaTable(0, 0);
  socket.metatable = new LuaTable(0, 0);
  const methods = library({
    fd: open((L) => pushNumber(L, fd)),
    name: open((L) => pushTable(L, name())),
    close: open((L) => {
      listener.close();
      return pushBoolean(L, true);
    }),
  });
  setField(socket.metatable, '__index', table(methods));
  const show = open((L) => pushTable(L, record({ fd: number(fd), name: table(name()) })));
  setField(socket.metatable, '__serialize', hostFunction(show));
  const print = open((L) => pushText(L, `fd ${fd}, aka ${host}:${service}`));
  setField(socket.metatable, '__tostring', hostFunction(print));
  return socket;
}

function commonStart(words: readonly string[]): string {
  let [common = ''] = words;
  for (const word of words) {
    while (!word.startsWith(common)) common = common.slice(0, -1);
  }
  return common;
}
