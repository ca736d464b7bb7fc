/** `require`, `package`, `loadfile` and `dofile`: built-in modules, and files of the virtual file system. */
import { awaitCall } from '../../base/await.ts';
import type { Task } from '../../base/fiber.ts';
import type { Result } from '../../base/result.ts';
import type { DiskError, OpenFile } from '../../env/index.ts';
import { resolvePath } from '../../server/path.ts';
import { textBytes } from '../front/chunk-id.ts';
import { LuaSyntaxError } from '../front/lexer.ts';
import { setFunctionEnvironment } from '../lib/environments.ts';
import { frameAt, luaFunctionOf } from '../lib/frames.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  argCount,
  callerError,
  checkText,
  createTable,
  getField,
  hostFunction,
  isAbsent,
  library,
  push,
  pushBytes,
  pushNil,
  pushText,
  pushValue,
  setField,
  string,
  stringText,
  table,
  toBoolean,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { LuaState, TValue } from '../vm/types.ts';
import {
  copy,
  isFunction,
  isString,
  isTable,
  LuaError,
  type Slot,
  Tag,
  utf8,
} from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';

/** Makes a built-in module when it is first required. */
export type ModuleMaker = (runtime: LuaRuntime) => LuaTable | Slot;

/** A module's file, if there is one, and the paths that were tried before. */
interface Found {
  readonly file: { readonly path: string; readonly source: Uint8Array } | undefined;
  readonly tried: string;
}

/** Modules that are loaded, those that can be, and how files of the disk become modules. */
export class Modules {
  readonly #runtime: LuaRuntime;
  readonly #makers = new Map<string, ModuleMaker>();
  readonly loaded = new LuaTable(0, 0);
  readonly #package = new LuaTable(0, 0);

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime;
  }

  /** A module that is made when it is first required. */
  define(name: string, maker: ModuleMaker): void {
    this.#makers.set(name, maker);
  }

  /** A built-in module; undefined when there is none of that name. */
  builtin(name: string): TValue | undefined {
    const known = getField(this.loaded, name);
    if (known.type !== Tag.NIL) return known;
    const maker = this.#makers.get(name);
    if (maker === undefined) return undefined;
    const result = maker(this.#runtime);
    const made = result instanceof LuaTable ? table(result) : result;
    setField(this.loaded, name, made);
    return made;
  }

  open(): void {
    const { vm } = this.#runtime;
    for (const name of ['string', 'table', 'math', 'coroutine', 'bit', 'debug']) {
      const library = getField(vm.globals, name);
      if (library.type !== Tag.NIL) setField(this.loaded, name, copy(library));
    }
    setField(this.loaded, '_G', table(vm.globals));
    setField(this.#package, 'loaded', table(this.loaded));
    setField(this.#package, 'preload', table(createTable()));
    setField(this.#package, 'path', string('./?.lua;./?/init.lua'));
    setField(this.#package, 'loaders', table(createTable()));
    setField(this.#package, 'cpath', string('./?.so'));
    setField(this.#package, 'config', string('/\n;\n?\n!\n-\n'));
    setField(
      this.#package,
      'seeall',
      hostFunction((L) => this.#seeAll(L)),
    );
    const functions = library({
      setsearchroot: () => 0,
      searchroot: (L) => pushText(L, this.#runtime.instance.env.process.cwd),
      loadlib: (L) => {
        const path = checkText(L, 1);
        checkText(L, 2);
        // A library of C cannot be there: whatever stands under that name is none.
        pushNil(L);
        pushText(L, `${path}: cannot open shared object file: No such file or directory`);
        return 2 + pushText(L, 'open');
      },
    });
    setField(functions, 'search', hostFunction(vm.task((L) => this.#search(L))));
    setField(functions, 'searchpath', hostFunction(vm.task((L) => this.#searchPath(L))));
    for (const name of ['setsearchroot', 'searchroot', 'loadlib', 'search', 'searchpath']) {
      setField(this.#package, name, copy(getField(functions, name)));
    }
    setField(this.loaded, 'package', table(this.#package));
    setField(vm.globals, 'package', table(this.#package));
    setField(vm.globals, 'require', hostFunction(vm.task((L) => this.#require(L))));
    setField(vm.globals, 'loadfile', hostFunction(vm.task((L) => this.#loadFile(L))));
    setField(vm.globals, 'dofile', hostFunction(vm.task((L) => this.#doFile(L))));
    setField(
      vm.globals,
      'module',
      hostFunction((L) => this.#module(L)),
    );
  }

  /** Reads a whole file; a text saying why it cannot. */
  *readFile(path: string): Task<Uint8Array | string> {
    const { instance } = this.#runtime;
    const absolute = resolvePath(instance.storage.workDirectory, path);
    const opened: Result<OpenFile, DiskError> = yield* awaitCall(instance.scheduler, (done) =>
      instance.env.disk.open(absolute, 'read', done),
    );
    if (!opened.ok)
      return opened.error.code === 'ENOENT' ? 'No such file or directory' : opened.error.message;
    const file = opened.value;
    const content: Result<Uint8Array<ArrayBuffer>, DiskError> = yield* awaitCall(
      instance.scheduler,
      (done) => file.read(0, file.size, done),
    );
    yield* awaitCall<void, DiskError>(instance.scheduler, (done) => file.close(done));
    return content.ok ? content.value : content.error.message;
  }

  *#require(L: LuaState): Task<Push> {
    const name = checkText(L, 1);
    const known = this.builtin(name);
    if (known !== undefined) return (state) => pushValue(state, known);
    const preload = getField(this.#package, 'preload');
    const loader = isTable(preload) ? copy(getField(preload.value, name)) : undefined;
    if (loader !== undefined && isFunction(loader)) return yield* this.#runLoader(name, loader);
    const templates = stringText(getField(this.#package, 'path')) ?? '';
    const found = yield* this.#find(name.replaceAll('.', '/'), templates);
    if (found.file !== undefined) {
      const { path, source } = found.file;
      return yield* this.#runLoader(name, this.#compileFile(source, path, name));
    }
    const tried = `\n\tno field package.preload['${name}']${found.tried}`;
    throw new LuaError(`module '${name}' not found:${tried}`, 'none');
  }

  /** `package.search(name)`: the file that `require` would load; nil for what needs none. */
  *#search(L: LuaState): Task<Push> {
    if (!isString(arg(L, 1))) return (state) => pushText(state, 'empty name of module');
    const name = checkText(L, 1);
    const templates = stringText(getField(this.#package, 'path')) ?? '';
    if (this.builtin(name) !== undefined) return pushNil;
    const found = yield* this.#find(name.replaceAll('.', '/'), templates);
    return (state) =>
      found.file === undefined ? pushNil(state) : pushText(state, found.file.path);
  }

  /** `package.searchpath(name, path[, separator[, replacement]])` */
  *#searchPath(L: LuaState): Task<Push> {
    const templates = checkText(L, 2);
    const separator = isAbsent(L, 3) ? '.' : checkText(L, 3);
    const replacement = isAbsent(L, 4) ? '/' : checkText(L, 4);
    const given = checkText(L, 1);
    const name = separator === '' ? given : given.replaceAll(separator, replacement);
    const found = yield* this.#find(name, templates);
    return (state) => {
      if (found.file !== undefined) return pushText(state, found.file.path);
      pushNil(state);
      return 1 + pushText(state, found.tried);
    };
  }

  /** The first of the templates' files that can be read; or a text that says which were tried. */
  *#find(name: string, templates: string): Task<Found> {
    let tried = '';
    for (const template of templates.split(';')) {
      if (template === '') continue;
      const path = template.replaceAll('?', name);
      const source = yield* this.readFile(path);
      if (typeof source !== 'string') return { file: { path, source }, tried };
      tried += `\n\tno file '${path}'`;
    }
    return { file: undefined, tried };
  }

  #compileFile(source: Uint8Array, path: string, name: string): TValue {
    try {
      return { type: Tag.LUA_CLOSURE, value: this.#runtime.vm.compile(source, utf8(`@${path}`)) };
    } catch (error) {
      if (!(error instanceof LuaSyntaxError)) throw error;
      throw new LuaError(
        `error loading module '${name}' from file '${path}':\n\t${error.message}`,
        'none',
      );
    }
  }

  *#runLoader(name: string, loader: TValue): Task<Push> {
    const [result] = yield* this.#runtime.vm.call(loader, [string(name)]);
    if (result !== undefined && result.type !== Tag.NIL) setField(this.loaded, name, result);
    else if (getField(this.loaded, name).type === Tag.NIL) {
      setField(this.loaded, name, { type: Tag.BOOLEAN, value: true });
    }
    const value = copy(getField(this.loaded, name));
    return (state) => pushValue(state, value);
  }

  *#loadFile(L: LuaState): Task<Push> {
    const path = checkText(L, 1);
    const source = yield* this.readFile(path);
    return (state) => {
      if (typeof source === 'string') {
        pushNil(state);
        return 1 + pushText(state, `cannot open ${path}`);
      }
      try {
        push(state, Tag.LUA_CLOSURE, this.#runtime.vm.compile(source, utf8(`@${path}`)));
        return 1;
      } catch (error) {
        if (!(error instanceof LuaSyntaxError)) throw error;
        pushNil(state);
        return 1 + pushBytes(state, textBytes(error.message));
      }
    };
  }

  *#doFile(L: LuaState): Task<Push> {
    const path = checkText(L, 1);
    const results = yield* this.runFile(path, []);
    return (state) => {
      for (const result of results) pushValue(state, result);
      return results.length;
    };
  }

  /** Runs a program in a file. @throws LuaError when there is none */
  *runFile(path: string, args: readonly TValue[]): Task<Slot[]> {
    const source = yield* this.readFile(path);
    if (typeof source === 'string') throw new LuaError(`cannot open ${path}`, 'none');
    const f = this.#runtime.vm.compile(source, utf8(`@${path}`));
    return yield* this.#runtime.vm.call({ type: Tag.LUA_CLOSURE, value: f }, args);
  }

  #seeAll(L: LuaState): number {
    const module = arg(L, 1);
    if (isTable(module)) {
      module.value.metatable ??= new LuaTable(0, 0);
      setField(module.value.metatable, '__index', table(this.#runtime.vm.globals));
    }
    return 0;
  }

  /** Lua 5.1's `module(name, …)`: a table that is the environment of the calling function. */
  #module(L: LuaState): number {
    const name = checkText(L, 1);
    const caller = luaFunctionOf(frameAt(L, 1));
    if (caller === undefined) throw callerError("'module' not called from a Lua function");
    const known = getField(this.loaded, name);
    const module = isTable(known) ? known.value : new LuaTable(0, 0);
    setField(this.loaded, name, table(module));
    setField(this.#runtime.vm.globals, name, table(module));
    setField(module, '_M', table(module));
    setField(module, '_NAME', string(name));
    setField(module, '_PACKAGE', string(name.replace(/[^.]*$/, '')));
    setFunctionEnvironment(caller, module);
    for (let n = 2; n <= argCount(L); n++) {
      if (!isAbsent(L, n) && toBoolean(arg(L, n)))
        this.#runtime.vm.callNow(copy(arg(L, n)), [table(module)]);
    }
    return 0;
  }
}
