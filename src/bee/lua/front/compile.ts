/**
 * Compiles a program: reads it by LuaJIT's grammar (`parser.ts`), hands the engine a text that it understands, and gives the compiled
 * functions what the engine could not know.
 *
 * - A 64-bit literal `1ULL` becomes a numeral that no program can contain (`0..3`); the engine asks `numeral` for its value, and
 *   the constant is afterwards made the cdata it stands for.
 * - Table constructors get LuaJIT's layout (`table-shape.ts`).
 * - In `db.cfg{…}` a key `replication` or `replication_source` that stands there more than once, as the manual writes it for
 *   three servers, means all of its values: they are folded into one list.
 */
import { Int64 } from '../vm/cdata.ts';
import { ldo, lzio } from '../vm/engine.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LClosure, LuaState, Proto } from '../vm/types.ts';
import { Tag } from '../vm/value.ts';
import { byteText, textBytes } from './chunk-id.ts';
import { LuaSyntaxError } from './lexer.ts';
import { type LiteralAt, type OptionAt, type Reading, readProgram } from './parser.ts';
import type { FunctionScope } from './scopes.ts';

const NEWTABLE = 11;
const statusOk = 0;
const foldedOptions = new Set(['replication', 'replication_source']);

/** Stands for a 64-bit literal until the program is compiled. Arithmetic on it gives NaN, so that nothing is computed ahead. */
class LiteralMark {
  readonly value: Int64;
  constructor(value: Int64) {
    this.value = value;
  }
  valueOf(): number {
    return Number.NaN;
  }
}

let literals: readonly LiteralMark[] = [];

/** What a numeral of the kind `0..3` stands for in the program under way. */
export function literalMark(numeral: Uint8Array): unknown {
  const text = byteText(numeral);
  return text.startsWith('0..') ? literals[Number(text.slice(3))] : undefined;
}

/**
 * Compiles a program into a function on the top of the stack.
 * @param bytes the program
 * @param chunkName its name, as `loadstring` takes it
 * @param environment the table of globals
 * @throws LuaSyntaxError
 */
export function compile(
  L: LuaState,
  bytes: Uint8Array,
  chunkName: Uint8Array,
  environment: LuaTable,
): LClosure {
  let source = bytes;
  let reading = readProgram(source, chunkName);
  const unfolded = foldOptions(source, reading);
  if (unfolded !== undefined) {
    source = unfolded;
    reading = readProgram(source, chunkName);
  }
  literals = reading.literals.map((l) => new LiteralMark(new Int64(l.value, l.isUnsigned)));
  const text = markLiterals(source, reading);
  const closure = engineCompile(L, text, chunkName);
  finish(closure.p, reading.main);
  const globals = closure.upvals[0];
  if (globals !== undefined) {
    globals.type = Tag.TABLE;
    globals.value = environment;
  }
  return closure;
}

function engineCompile(L: LuaState, source: Uint8Array, chunkName: Uint8Array): LClosure {
  let rest: Uint8Array | null = source;
  const reader = (): Uint8Array | null => {
    const chunk = rest;
    rest = null;
    return chunk;
  };
  const status = ldo.luaD_protectedparser(L, new lzio.ZIO(L, reader, null), chunkName, null);
  const result = L.stack[L.top - 1];
  ldo.adjust_top(L, L.top - 1);
  if (status !== statusOk) {
    const message = result?.value as { realstring: Uint8Array }; // the engine's errors are strings
    throw new LuaSyntaxError(byteText(message.realstring));
  }
  return result?.value as LClosure; // the engine put the compiled function there
}

/** Goes through the functions of the program as they were compiled and as they were read, side by side. */
function finish(proto: Proto, scope: FunctionScope): void {
  for (const constant of proto.k) {
    if (!(constant.value instanceof LiteralMark)) continue;
    constant.type = Tag.USERDATA;
    constant.value = constant.value.value;
  }
  const templates: LuaTable[] = [];
  let next = 0;
  for (const instruction of proto.code) {
    if (instruction.opcode !== NEWTABLE) continue;
    const shape = scope.shapes[next++];
    instruction.B = shape?.arraySize ?? 0;
    instruction.C = shape?.hashBits ?? 0;
    instruction.Ax = shape?.template === undefined ? 0 : templates.push(shape.template);
  }
  if (templates.length > 0) proto.templates = templates;
  proto.p.forEach((child, at) => {
    const read = scope.children[at];
    if (read !== undefined) finish(child, read);
  });
}

function markLiterals(source: Uint8Array, reading: Reading): Uint8Array {
  let text = '';
  let from = reading.skipped;
  reading.literals.forEach((literal: LiteralAt, at) => {
    text += `${byteText(source.subarray(from, literal.start))}0..${at}`;
    from = literal.end;
  });
  if (text === '') return source.subarray(from);
  return textBytes(text + byteText(source.subarray(from)));
}

/** The program with repeated replication options folded into lists; undefined when there are none. */
function foldOptions(source: Uint8Array, reading: Reading): Uint8Array | undefined {
  let text: string | undefined;
  // From the last one backwards, so that offsets of those before stay right.
  for (const options of [...reading.configurations].reverse()) {
    for (const name of foldedOptions) {
      const same = options.filter((option) => option.name === name);
      if (same.length > 1) text = fold(text ?? byteText(source), options, same);
    }
  }
  return text === undefined ? undefined : textBytes(text);
}

function fold(source: string, all: readonly OptionAt[], same: readonly OptionAt[]): string {
  const [first, ...others] = same;
  if (first === undefined) return source;
  let text = source;
  for (const option of [...others].reverse()) {
    const before = all[all.indexOf(option) - 1];
    const from = before?.end ?? option.start;
    const lineEnds = text.slice(from, option.end).replace(/[^\n]/g, '');
    text = text.slice(0, from) + lineEnds + text.slice(option.end);
  }
  const values = [first, ...others].map((o) => source.slice(o.valueStart, o.end));
  const list = `{${values.map((value) => value.replaceAll('\n', ' ')).join(',')}}`;
  return text.slice(0, first.valueStart) + list + text.slice(first.end);
}
