/**
 * `ffi`: C's numbers, structs, arrays and pointers, in memory of the page's own (`../ffi/memory.ts`). There is no C code to call:
 * functions can be declared, and are undefined symbols when they are looked up.
 */
import {
  cannotConvert,
  enumFor,
  initialize,
  initializeElements,
  integerOf,
  isWholeOf,
  leavesOf,
  numberFor,
  pointerFor,
  typeOf,
} from '../ffi/access.ts';
import { type CNames, namesOf } from '../ffi/c-names.ts';
import { CParser } from '../ffi/c-parser.ts';
import {
  alignOf,
  type CType,
  isNumeric,
  isSameType,
  type PlainType,
  RecordType,
  sizeOf,
  typeText,
  unqualified,
} from '../ffi/ctype.ts';
import { CNumber } from '../ffi/ffi-number.ts';
import { Block, Place } from '../ffi/memory.ts';
import {
  CTypeData,
  EnumData,
  MemoryData,
  MemoryPointer,
  placeOf,
  targetType,
} from '../ffi/values.ts';
import { numberFunctions } from '../lib/builtin-numbers.ts';
import type { LuaRuntime } from '../runtime.ts';
import { asCData, type CData, Int64, operandName } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  argError,
  argTypeError,
  callerError,
  checkAny,
  checkNumber,
  checkString,
  checkTable,
  checkText,
  createTable,
  hasArg,
  hostFunction,
  isAbsent,
  library,
  pushBoolean,
  pushBytes,
  pushData,
  pushNil,
  pushNumber,
  pushValue,
  setField,
  string,
} from '../vm/host.ts';
import { type LuaTable, newObjectId } from '../vm/table.ts';
import type { LuaState, TValue, Udata } from '../vm/types.ts';
import {
  copy,
  isNumber,
  isString,
  isUserdata,
  LuaError,
  nilObject,
  Tag,
  text,
} from '../vm/value.ts';

/** What `ffi.abi` says yes to. */
const abiFeatures = new Set(['le', '64bit', 'fpu', 'hardfp']);

/** `ffi.C`, and nothing else: no other library can be loaded. */
class CLibrary implements Udata {
  readonly id = newObjectId();
  metatable: LuaTable | null = createTable();
}

/** The `ffi` module. Each state has declarations of its own. */
export function makeFfiModule(runtime: LuaRuntime): LuaTable {
  return new Ffi(namesOf(runtime.vm)).make();
}

class Ffi {
  readonly #names: CNames;
  readonly #typeMetatable = createTable();
  #errno = 0;

  constructor(names: CNames) {
    this.#names = names;
    setField(
      this.#typeMetatable,
      '__call',
      hostFunction((L) => this.#new(L)),
    );
  }

  make(): LuaTable {
    const module = library({
      cdef: (L) => {
        new CParser(this.#names, checkText(L, 1), this.#parameters(L, 2)).declarations();
        return 0;
      },
      new: (L) => this.#new(L),
      cast: (L) => this.#cast(L),
      typeinfo: () => {
        throw callerError('ffi.typeinfo is not available: types have no numbers here');
      },
      typeof: (L) => {
        const type = this.#type(L, this.#parameters(L, 2));
        return pushData(L, this.#typeData(type));
      },
      istype: (L) => {
        const type = this.#type(L);
        return pushBoolean(L, isOfType(checkAny(L, 2), type));
      },
      sizeof: (L) => this.#sizeof(L),
      alignof: (L) => pushNumber(L, alignOf(this.#type(L))),
      offsetof: (L) => this.#offsetof(L),
      string: pushString,
      copy: copyBytes,
      fill: fillBytes,
      errno: (L) => {
        const before = this.#errno;
        if (hasArg(L, 1)) this.#errno = checkNumber(L, 1) | 0;
        return pushNumber(L, before);
      },
      abi: (L) => pushBoolean(L, abiFeatures.has(checkText(L, 1))),
      gc: (L) => {
        if (asCData(arg(L, 1)) === undefined) throw argTypeError(L, 1, 'cdata');
        return pushValue(L, copy(arg(L, 1)));
      },
      metatype: (L) => this.#metatype(L),
      load: (L) => {
        const name = checkText(L, 1);
        const file = name.includes('.') || name.includes('/') ? name : `lib${name}.so`;
        throw new LuaError(
          `${file}: cannot open shared object file: No such file or directory`,
          'none',
        );
      },
    });
    const names = 'cdef new cast typeof typeinfo istype sizeof alignof offsetof errno string copy';
    numberFunctions(module, 186, `${names} fill abi metatype gc load`);
    setField(module, 'C', { type: Tag.USERDATA, value: this.#library() });
    setField(module, 'os', string('Linux'));
    setField(module, 'arch', string('x64'));
    return module;
  }

  #library(): CLibrary {
    const made = new CLibrary();
    const find = (L: LuaState): number => {
      const name = text(checkString(L, 2));
      const constant = this.#names.constants.get(name);
      if (constant !== undefined) return pushNumber(L, constant);
      throw new LuaError(
        this.#names.symbols.has(name)
          ? `bee: undefined symbol: ${name}`
          : `missing declaration for symbol '${name}'`,
        'caller',
      );
    };
    if (made.metatable !== null) {
      setField(made.metatable, '__index', hostFunction(find));
      setField(made.metatable, '__newindex', hostFunction(find));
    }
    return made;
  }

  #typeData(type: CType): CTypeData {
    return new CTypeData(type, this.#typeMetatable);
  }

  /** The type that the first argument names. @throws LuaError */
  #type(L: LuaState, parameters: readonly CType[] = []): CType {
    const given = arg(L, 1);
    if (isString(given)) {
      const source = text(given.value.realstring);
      const type = new CParser(this.#names, source, parameters).typeName();
      this.#checkKnown(type);
      return type;
    }
    const data = asCData(given);
    if (data === undefined) throw argTypeError(L, 1, 'C type');
    return typeOf(data) ?? this.#typeNamed(data.typeName);
  }

  /** The type of cdata that is not the FFI's own, such as `struct tt_uuid`. */
  #typeNamed(name: string): CType {
    const tag = name
      .replace(/^const /, '')
      .replace(/ &$/, '')
      .replace(/^struct /, '');
    return /^u?int64_t$/.test(tag)
      ? new CParser(this.#names, tag).typeName()
      : this.#names.record('struct', tag);
  }

  /** A struct that was only named is refused, unless it is one of the server's own. */
  #checkKnown(type: CType): void {
    let inner = unqualified(type);
    while (inner.kind === 'pointer' || inner.kind === 'array') {
      inner = unqualified(inner.kind === 'pointer' ? inner.to : inner.of);
    }
    if (!(inner instanceof RecordType) || inner.members !== undefined) return;
    if (serverStructs.has(inner.tag) || this.#names.declared.has(inner.tag)) return;
    this.#names.forget(inner.tag);
    throw new LuaError(`undeclared or implicit tag '${inner.tag}'`, 'none');
  }

  #parameters(L: LuaState, from: number): CType[] {
    const types: CType[] = [];
    for (let n = from; n <= argCount(L); n++) {
      const data = asCData(arg(L, n));
      const type = data === undefined ? undefined : typeOf(data);
      if (type === undefined) throw argTypeError(L, n, 'C type');
      types.push(type);
    }
    return types;
  }

  #new(L: LuaState): number {
    const type = this.#type(L);
    const plain = unqualified(type);
    let first = 2;
    let length: number | undefined;
    if (plain.kind === 'array' && plain.length === undefined) {
      length = Math.trunc(checkNumberLike(L, 2));
      if (!(length >= 0 && length < 2 ** 31)) throw tooLarge();
      first = 3;
    }
    const values: TValue[] = [];
    for (let n = first; n <= argCount(L); n++) values.push(copy(arg(L, n)));
    return pushData(L, this.#make(type, plain, values, length));
  }

  #make(
    type: CType,
    plain: PlainType,
    values: readonly TValue[],
    length: number | undefined,
  ): CData {
    if (plain.kind === 'array' || plain.kind === 'record') {
      return this.#makeInMemory(type, plain, values, length);
    }
    if (values.length > 1) {
      throw new LuaError(`too many initializers for '${typeText(type)}'`, 'none');
    }
    const value = values[0];
    if (isNumeric(plain)) {
      return numberData(plain, value === undefined ? 0 : unplaced(() => numberFor(plain, value)));
    }
    if (plain.kind === 'enum') {
      return new EnumData(plain, value === undefined ? 0 : unplaced(() => enumFor(plain, value)));
    }
    if (plain.kind === 'pointer') {
      const place = unplaced(() => pointerFor(plain, value ?? nilObject));
      return new MemoryPointer(type, place);
    }
    if (plain.kind === 'complex') {
      throw new LuaError('complex numbers are not available: use two doubles in a struct', 'none');
    }
    throw tooLarge();
  }

  #makeInMemory(
    type: CType,
    plain: PlainType & { kind: 'array' | 'record' },
    values: readonly TValue[],
    length: number | undefined,
  ): CData {
    const one = plain.kind === 'array' ? sizeOf(plain.of) : undefined;
    const size = length !== undefined && one !== undefined ? one * length : sizeOf(plain);
    if (size === undefined) throw tooLarge();
    const place = new Place(new Block(size), 0);
    const made = new MemoryData(type, place, false);
    const [value] = values;
    unplaced(() => {
      const isWhole =
        values.length === 1 &&
        value !== undefined &&
        (value.type === Tag.TABLE || isWholeOf(value, plain) || isTextFor(plain, value));
      if (isWhole) initialize(plain, place, value);
      else if (plain.kind === 'array') {
        const count = plain.length ?? length ?? 0;
        initializeElements(plain, place, values, count);
      } else initializeMembers(plain, place, values);
    });
    return made;
  }

  #cast(L: LuaState): number {
    const type = this.#type(L);
    const plain = unqualified(type);
    const value = checkAny(L, 2);
    if (isNumeric(plain)) return pushData(L, numberData(plain, castNumber(plain, value)));
    if (plain.kind === 'enum') return pushData(L, new EnumData(plain, enumFor(plain, value)));
    if (plain.kind !== 'pointer') throw argError(L, 1, 'invalid C type');
    return pushData(L, new MemoryPointer(type, castPlace(plain, value)));
  }

  #sizeof(L: LuaState): number {
    const data = asCData(arg(L, 1));
    if (data instanceof MemoryData && !data.isReference && sizeOf(data.type) === undefined) {
      return pushNumber(L, data.place.rest);
    }
    const type = this.#type(L);
    const plain = unqualified(type);
    if (plain.kind === 'array' && plain.length === undefined) {
      const one = sizeOf(plain.of) ?? 0;
      return pushNumber(L, one * Math.trunc(checkNumberLike(L, 2)));
    }
    const size = sizeOf(type);
    return size === undefined ? pushNil(L) : pushNumber(L, size);
  }

  #offsetof(L: LuaState): number {
    const plain = unqualified(this.#type(L));
    const name = checkText(L, 2);
    const member = plain instanceof RecordType ? plain.find(name) : undefined;
    if (member === undefined) return 0;
    pushNumber(L, member.offset);
    if (member.bits === undefined) return 1;
    pushNumber(L, member.bits.offset);
    return 2 + pushNumber(L, member.bits.width);
  }

  #metatype(L: LuaState): number {
    const type = this.#type(L);
    const metatable = checkTable(L, 2);
    const plain = unqualified(type);
    if (!(plain instanceof RecordType)) throw argError(L, 1, 'invalid C type');
    if (plain.metatable !== null) {
      throw new LuaError('cannot change a protected metatable', 'none');
    }
    plain.metatable = metatable;
    return pushData(L, this.#typeData(type));
  }
}

/** Structs that the real server declares for itself: they can be named. */
const serverStructs = new Set(['tt_uuid', 'error', 'tuple', 'decimal', 'key_def']);

function tooLarge(): LuaError {
  return new LuaError('size of C type is unknown or too large', 'none');
}

/** Errors of conversion while a value is made name no place in the program. */
function unplaced<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof LuaError) throw new LuaError(error.message, 'none');
    throw error;
  }
}

function checkNumberLike(L: LuaState, n: number): number {
  if (!hasArg(L, n)) throw argError(L, n, 'value expected');
  const value = arg(L, n);
  const given = isNumber(value) ? value.value : asCData(value)?.toNumber();
  if (given === undefined) throw argError(L, n, `cannot convert '${operandName(value)}' to 'int'`);
  return given;
}

function isTextFor(plain: PlainType, value: TValue): boolean {
  return plain.kind === 'array' && isString(value);
}

function initializeMembers(type: RecordType, place: Place, values: readonly TValue[]): void {
  const leaves = leavesOf(type);
  const count = type.keyword === 'union' ? Math.min(leaves.length, 1) : leaves.length;
  if (values.length > count) throw new LuaError(`too many initializers for '${typeText(type)}'`);
  values.forEach((value, at) => {
    const leaf = leaves[at];
    if (leaf !== undefined) initialize(leaf.type, place.plus(leaf.offset), value, leaf.bits);
  });
}

/** A number of a type, as the cdata that stands for it. */
function numberData(type: PlainType, n: number | bigint): CData {
  if (!isNumeric(type)) throw tooLarge();
  if (type.kind === 'integer') {
    const whole = integerOf(type, n);
    return type.size === 8 ? new Int64(whole, type.isUnsigned) : new CNumber(type, Number(whole));
  }
  return new CNumber(type, type.kind === 'bool' ? (n ? 1 : 0) : Number(n));
}

/** A cast takes addresses for numbers. */
function castNumber(type: PlainType, value: TValue): number | bigint {
  if (!isNumeric(type)) throw tooLarge();
  if (value.type === Tag.NIL) return 0;
  const data = asCData(value);
  const place = isString(value) ? pointerFor(bytesPointer, value) : placeOf(data);
  if (place === undefined) return numberFor(type, value);
  place.block?.expose();
  return BigInt(place.address);
}

const bytesPointer: PlainType & { kind: 'pointer' } = {
  kind: 'pointer',
  to: { kind: 'qualified', words: 'const', type: { kind: 'void' } },
};

/** A cast makes a pointer of any number and of any other pointer. */
function castPlace(type: PlainType & { kind: 'pointer' }, value: TValue): Place {
  if (value.type === Tag.NIL) return new Place(undefined, 0);
  if (isNumber(value)) return Place.at(value.value);
  if (isString(value)) return pointerFor(bytesPointer, value);
  const data = asCData(value);
  const place = placeOf(data);
  if (place !== undefined) return place;
  const integer = data?.toInteger();
  if (integer !== undefined) return Place.at(Number(integer.value));
  if (value.type === Tag.LUA_CLOSURE || value.type === Tag.HOST_FUNCTION) {
    throw new LuaError('callbacks are not available: there is no C to call them in a page');
  }
  // A userdata that is no cdata is one of the host's objects, and those have ids.
  if (isUserdata(value)) return new Place(undefined, (value.value as Udata).id);
  throw cannotConvert(value, type);
}

/** `ffi.istype`: the same type, or a pointer to a struct where the struct is asked for. */
function isOfType(value: TValue, type: CType): boolean {
  const data = asCData(value);
  if (data === undefined) return false;
  const own = typeOf(data);
  if (own === undefined) {
    return data.typeName.replace(/^const /, '').replace(/ &$/, '') === typeText(type);
  }
  if (isSameType(own, type)) return true;
  const plain = unqualified(own);
  return (
    plain.kind === 'pointer' && unqualified(type).kind === 'record' && isSameType(plain.to, type)
  );
}

// Bytes.

/** The memory that an argument stands for; strings only where C would take a `const void *`. */
function memoryArgument(L: LuaState, n: number, wanted: 'void *' | 'const void *'): Place {
  const value = checkAny(L, n);
  if (isString(value) && wanted === 'const void *') return pointerFor(bytesPointer, value);
  const place = placeOf(asCData(value));
  if (place === undefined || value.type === Tag.NIL) {
    throw argError(L, n, `cannot convert '${operandName(value)}' to '${wanted}'`);
  }
  return place;
}

function pushString(L: LuaState): number {
  const value = checkAny(L, 1);
  if (isString(value)) {
    const bytes = value.value.realstring;
    return pushBytes(L, isAbsent(L, 2) ? bytes.slice() : bytes.slice(0, checkNumberLike(L, 2)));
  }
  const data = asCData(value);
  const place = placeOf(data);
  const to = data === undefined ? undefined : targetType(data);
  const target = to === undefined ? undefined : unqualified(to);
  const isText =
    target !== undefined && (target.kind === 'void' || (isNumeric(target) && target.size === 1));
  if (place === undefined || (isAbsent(L, 2) && !isText)) {
    throw argError(L, 1, `cannot convert '${operandName(value)}' to 'const char *'`);
  }
  if (!isAbsent(L, 2)) {
    const size = Math.trunc(checkNumberLike(L, 2));
    const { bytes } = place.blockOf(size);
    return pushBytes(L, bytes.slice(place.offset, place.offset + size));
  }
  const { bytes } = place.blockOf(0);
  const end = bytes.indexOf(0, place.offset);
  return pushBytes(L, bytes.slice(place.offset, end < 0 ? bytes.length : end));
}

function copyBytes(L: LuaState): number {
  const to = memoryArgument(L, 1, 'void *');
  const from = memoryArgument(L, 2, 'const void *');
  const source = arg(L, 2);
  // Without a length a string is copied with the zero behind it.
  const size =
    isAbsent(L, 3) && isString(source)
      ? source.value.realstring.length + 1
      : Math.trunc(checkNumberLike(L, 3));
  to.blockOf(size).copyFrom(from.blockOf(size), from.offset, to.offset, size);
  return 0;
}

function fillBytes(L: LuaState): number {
  const to = memoryArgument(L, 1, 'void *');
  const size = Math.trunc(checkNumberLike(L, 2));
  const byte = hasArg(L, 3) ? checkNumberLike(L, 3) & 255 : 0;
  to.blockOf(size).bytes.fill(byte, to.offset, to.offset + size);
  return 0;
}
