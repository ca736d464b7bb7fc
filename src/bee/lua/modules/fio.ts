/** `fio`: what its Lua part (`fio-source.ts`) asks of the disk. */
import { awaitCall } from '../../base/await.ts';
import type { Task } from '../../base/fiber.ts';
import type { Result } from '../../base/result.ts';
import { errorWords } from '../../base/strerror.ts';
import type {
  DirectoryEntry,
  DiskError,
  DiskErrorCode,
  Done,
  FileStat,
  OpenFile,
  OpenMode,
} from '../../env/index.ts';
import { resolvePath } from '../../server/path.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  checkNumber,
  checkString,
  checkText,
  library,
  list,
  push,
  pushBoolean,
  pushBytes,
  pushNil,
  pushNumber,
  pushTable,
  pushText,
  string,
  table,
} from '../vm/host.ts';
import { type LuaTable, newObjectId } from '../vm/table.ts';
import type { LuaState, Udata } from '../vm/types.ts';
import { isUserdata, LuaError, Tag, utf8 } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import { fioSource } from './fio-source.ts';

class FileHandle implements Udata {
  readonly id = newObjectId();
  metatable: LuaTable | null = null;
  readonly file: OpenFile;

  constructor(file: OpenFile) {
    this.file = file;
  }
}

/** The `fio` module. */
export function makeFioModule(runtime: LuaRuntime): LuaTable {
  const core = new FioCore(runtime).make();
  const f = runtime.vm.compile(utf8(fioSource), utf8('@builtin/fio.lua'));
  const [module] = runtime.vm.callNow({ type: Tag.LUA_CLOSURE, value: f }, [table(core)]);
  return module?.value as LuaTable; // the source returns a table
}

class FioCore {
  readonly #runtime: LuaRuntime;
  /** Where `fio.chdir` went; undefined for the server's own directory. */
  #directory: string | undefined;

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime;
  }

  make(): LuaTable {
    const { instance } = this.#runtime;
    const { disk, random } = instance.env;
    return library({
      cwd: (L) => pushText(L, this.#base()),
      absolute: (L) => pushText(L, this.#path(L, 1)),
      random: (L) => {
        const digits = [...random.bytes(6)].map((byte) => byte.toString(36)).join('');
        return pushText(L, digits.slice(0, 6));
      },
      number: (L) => pushNumber(L, handle(L).id),
      chdir: this.#task((L) => {
        const path = this.#path(L, 1);
        return this.#call(
          (done: Done<FileStat>) => disk.stat(path, done),
          (to, found) => {
            const isDirectory = found.kind === 'directory';
            if (isDirectory) this.#directory = path;
            return pushBoolean(to, isDirectory);
          },
          false,
        );
      }),
      stat: this.#task((L) => {
        const path = this.#path(L, 1);
        return this.#call(
          (done: Done<FileStat>) => disk.stat(path, done),
          (to, found) => {
            pushText(to, found.kind);
            pushNumber(to, found.size);
            return 2 + pushNumber(to, found.modifiedAt);
          },
        );
      }),
      list: this.#task((L) => {
        const path = this.#path(L, 1);
        return this.#call(
          (done: Done<readonly DirectoryEntry[]>) => disk.list(path, done),
          (to, entries) => pushTable(to, list(entries.map(({ name }) => string(name)))),
        );
      }),
      mkdir: this.#change((path, done) => disk.mkdir(path, done)),
      rmdir: this.#change((path, done) => disk.rmdir(path, done)),
      unlink: this.#change((path, done) => disk.unlink(path, done)),
      rename: this.#task((L) => {
        const [from, to] = [this.#path(L, 1), this.#path(L, 2)];
        return this.#call((done) => disk.rename(from, to, done), yes, false);
      }),
      open: this.#task((L) => {
        const path = this.#path(L, 1);
        const mode = checkText(L, 2) as OpenMode; // the Lua part names no other
        return this.#call(
          (done: Done<OpenFile>) => disk.open(path, mode, done),
          (to, file) => {
            push(to, Tag.USERDATA, new FileHandle(file));
            return 1;
          },
        );
      }),
      append: this.#task((L) => {
        const { file } = handle(L);
        const bytes = checkString(L, 2);
        return this.#append(file, bytes);
      }),
      pread: this.#task((L) => {
        const { file } = handle(L);
        const [offset, size] = [Math.trunc(checkNumber(L, 2)), Math.trunc(checkNumber(L, 3))];
        if (!isPlace(offset) || !isPlace(size)) return refused('EINVAL', undefined);
        return this.#call((done) => file.read(offset, size, done), pushBytes);
      }),
      truncate: this.#task((L) => {
        const { file } = handle(L);
        const size = Math.trunc(checkNumber(L, 2));
        if (!isPlace(size)) return refused('EINVAL', false);
        return this.#call((done) => file.truncate(size, done), yes, false);
      }),
      close: this.#task((L) => {
        const { file } = handle(L);
        return this.#call((done) => file.close(done), yes, false);
      }),
    });
  }

  #base(): string {
    return this.#directory ?? this.#runtime.instance.storage.workDirectory;
  }

  #path(L: LuaState, n: number): string {
    return resolvePath(this.#base(), checkText(L, n));
  }

  #task(body: (L: LuaState) => Task<Push>) {
    return this.#runtime.vm.task(body);
  }

  #change(start: (path: string, done: Done<void>) => void) {
    return this.#task((L) => {
      const path = this.#path(L, 1);
      return this.#call((done) => start(path, done), yes, false);
    });
  }

  /** What a file tells must not be older than the log: the rows that the fiber committed are written first. */
  *#append(file: OpenFile, bytes: Uint8Array): Task<Push> {
    yield* this.#runtime.instance.settled();
    return yield* this.#call<void>((done) => file.append(bytes, 'relaxed', done), yes, false);
  }

  /** Makes a call of the disk; a failure is nil (or false) and words. */
  *#call<T>(
    start: (done: Done<T>) => void,
    found: (L: LuaState, value: T) => number,
    failure: false | undefined = undefined,
  ): Task<Push> {
    const { scheduler } = this.#runtime.instance;
    const result: Result<T, DiskError> = yield* awaitCall<T, DiskError>(scheduler, start);
    return (L) => {
      if (result.ok) return found(L, result.value);
      if (failure === false) pushBoolean(L, false);
      else pushNil(L);
      return 1 + pushText(L, `fio: ${errorWords[result.error.code]}`);
    };
  }
}

/** Whether a number can be a place in a file, or a size. */
function isPlace(n: number): boolean {
  return n >= 0 && n <= Number.MAX_SAFE_INTEGER;
}

/** What is refused before the disk is asked. */
function* refused(code: DiskErrorCode, failure: false | undefined): Task<Push> {
  return (L) => {
    if (failure === false) pushBoolean(L, false);
    else pushNil(L);
    return 1 + pushText(L, `fio: ${errorWords[code]}`);
  };
}

function yes(L: LuaState): number {
  return pushBoolean(L, true);
}

function handle(L: LuaState): FileHandle {
  const slot = arg(L, 1);
  if (isUserdata(slot) && slot.value instanceof FileHandle) return slot.value;
  throw new LuaError('fio: a file expected');
}
