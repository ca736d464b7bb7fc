/**
 * The Lua side of one server: the state with its libraries and modules, `db`, and the way of requests into it.
 *
 * How a typed statement runs, in steps:
 * 1. `Console` (`console.ts`) takes lines until they are a whole statement and hands it to `run`.
 * 2. `LuaVm.compile` reads it as LuaJIT would (`front/parser.ts`), has the engine compile it, and lays out its tables.
 * 3. `LuaVm.run` drives it on a Lua thread of the console's fiber; host functions that wait suspend that fiber (`vm/vm.ts`).
 * 4. `db.*` (`db/`) turns arguments into MessagePack (`conversions.ts`) and calls the box; results come back as cdata.
 * 5. The results become a YAML document (`serializer/yaml-encode.ts`, `../yaml/emitter.ts`) once all that they can show is
 *    written: `instance.durable()`.
 *
 * What the real server does and Bee does not: LuaJIT's compiler and FFI beyond its integers, C modules, sockets to the outside,
 * weak tables and finalizers, SQL, vinyl.
 */
import { errorText } from '../base/error-text.ts';
import type { Task } from '../base/fiber.ts';
import { clientError } from '../box/error.ts';
import type { Instance, LuaLayer } from '../server/instance.ts';
import { emitLine } from '../yaml/emitter.ts';
import type { Console } from './console.ts';
import { Converter } from './conversions.ts';
import { leave } from './db/context.ts';
import { asError } from './db/error.ts';
import { installDb } from './db/index.ts';
import { setTupleFormat } from './db/tuple-text.ts';
import { convertError } from './error-data.ts';
import { Evaluator } from './evaluator.ts';
import { FiberLayer } from './fiber-layer.ts';
import { openBase } from './lib/base.ts';
import { openBit } from './lib/bit.ts';
import { numberBuiltins } from './lib/builtin-numbers.ts';
import { openCoroutine } from './lib/coroutine.ts';
import { openDebug } from './lib/debug.ts';
import { openMath } from './lib/math.ts';
import { openString } from './lib/string.ts';
import { openTable } from './lib/table.ts';
import { plainText } from './lib/tostring.ts';
import { Modules } from './modules/modules.ts';
import { openStandardModules } from './modules/standard.ts';
import { Consoles } from './repl.ts';
import { FieldReader } from './serializer/field.ts';
import { consoleOptions } from './serializer/options.ts';
import { msgpackNode } from './serializer/yaml-encode.ts';
import { SessionHooks } from './session-hooks.ts';
import { list, setField, string, table } from './vm/host.ts';
import type { LuaState, TValue } from './vm/types.ts';
import { LuaError, LuaThrow, type Slot, Tag, text, utf8 } from './vm/value.ts';
import { LuaVm, type Push } from './vm/vm.ts';

export class LuaRuntime implements LuaLayer {
  readonly instance: Instance;
  readonly vm: LuaVm;
  readonly converter: Converter;
  readonly modules: Modules;
  readonly fibers: FiberLayer;
  readonly evaluator: Evaluator;
  readonly triggers: SessionHooks;
  readonly consoles: Consoles;
  /** The terminal's; set by itself when there is one. */
  console: Console | undefined;
  /** Functions to call before the server ends (`db.ctl.on_shutdown`). */
  readonly shutdownTriggers: TValue[] = [];

  constructor(instance: Instance) {
    this.instance = instance;
    const { env, scheduler } = instance;
    this.vm = new LuaVm({
      scheduler,
      monotonic: () => env.clock.monotonic(),
      // There a trigger may wait, and its transaction is lost by that; here it is lost at once.
      refuseSuspension: () => (instance.box.isInTxn ? clientError('TRANSACTION_YIELD') : undefined),
      convertError: (thrown) => {
        const value = convertError(thrown);
        const error = value instanceof LuaError || value === undefined ? undefined : asError(value);
        if (error !== undefined) instance.contexts.current.lastError = error;
        return value;
      },
    });
    this.converter = new Converter(this.vm);
    setTupleFormat((tuple) => {
      const reader = new FieldReader(this.vm, consoleOptions(), true);
      return emitLine(msgpackNode(reader, tuple.slab, tuple.start));
    });
    this.fibers = new FiberLayer(this);
    this.modules = new Modules(this);
    this.evaluator = new Evaluator(this);
    this.consoles = new Consoles(this);
    this.triggers = new SessionHooks(this);
    this.#openLibraries();
    instance.lua = this;
  }

  #openLibraries(): void {
    const { vm } = this;
    openBase(vm, (L, bytes) => this.print(L, bytes));
    openCoroutine(vm);
    openString(vm);
    openTable(vm);
    openMath(vm);
    openBit(vm);
    openDebug(vm);
    numberBuiltins(vm.globals);
    setField(vm.globals, '_TARANTOOL', string('2.6.0-0-g47aa4e01e'));
    this.modules.open();
    openStandardModules(this);
    installDb(this);
  }

  /** Sets the global `arg`: the command, the program's name and what followed it. */
  setArguments(command: string, script: string, rest: readonly TValue[]): void {
    const given = list(rest);
    given.setNumber(-1, string(command));
    given.setNumber(0, string(script));
    setField(this.vm.globals, 'arg', table(given));
  }

  describe(error: unknown): string | undefined {
    if (error instanceof LuaThrow) return text(plainText(error.thrown));
    return error instanceof LuaError ? error.message : undefined;
  }

  /** Ends a host function that writes to the terminal. @param push pushes its results */
  print(L: LuaState, bytes: Uint8Array, push: Push = () => 0): number {
    return leave(this, L, (to) => {
      this.instance.host.output(text(bytes));
      return push(to);
    });
  }

  /**
   * Runs a program in the running fiber.
   * @param name the chunk's name; '@' in front marks a file
   * @returns its results
   * @throws LuaSyntaxError; LuaThrow what it raised
   */
  *run(code: Uint8Array, name: string, args: readonly TValue[] = []): Task<Slot[]> {
    const f = this.vm.compile(code, utf8(name));
    return yield* this.vm.call({ type: Tag.LUA_CLOSURE, value: f }, args);
  }

  *onShutdown(): Task<void> {
    for (const trigger of [...this.shutdownTriggers].reverse()) {
      try {
        yield* this.vm.call(trigger, []);
      } catch (error) {
        this.instance.log.write('E', errorText(error));
      }
    }
  }
}
