/** What one Lua state has declared: types by their names and tags, constants, symbols. */
import type { LuaVm } from '../vm/vm.ts';
import { type CType, type EnumType, intType, numeric, RecordType } from './ctype.ts';

/** Where LuaJIT's numbers of unnamed types begin, more or less: programs see that they are numbers. */
const firstAnonymousTag = 1000;

const namesByVm = new WeakMap<LuaVm, CNames>();

/** The declarations of a state: those of its `ffi`, and those of modules that use structs. */
export function namesOf(vm: LuaVm): CNames {
  let names = namesByVm.get(vm);
  if (names === undefined) {
    names = new CNames();
    namesByVm.set(vm, names);
  }
  return names;
}

/** What was declared with `ffi.cdef`. */
export class CNames {
  readonly typedefs = new Map<string, CType>();
  readonly enums = new Map<string, EnumType>();
  /** Numbers by name: members of enums and `static const int`. */
  readonly constants = new Map<string, number>();
  /** Functions and variables that were declared. */
  readonly symbols = new Map<string, CType>();
  /** Tags that `ffi.cdef` named without a body: pointers to them may be made. */
  readonly declared = new Set<string>();
  readonly #records = new Map<string, RecordType>();
  #anonymous = firstAnonymousTag;

  constructor() {
    const fixed = 'int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t'.split(' ');
    for (const name of [...fixed, 'size_t', 'ssize_t', 'intptr_t', 'uintptr_t']) {
      this.typedefs.set(name, numeric(name));
    }
    this.typedefs.set('ptrdiff_t', numeric('int64_t'));
    this.typedefs.set('wchar_t', intType);
  }

  /** A struct or union by its tag; it is made when it is first named. */
  record(keyword: 'struct' | 'union', tag: string | undefined): RecordType {
    const known = tag === undefined ? undefined : this.#records.get(tag);
    if (known !== undefined) return known;
    const made = new RecordType(keyword, tag ?? this.anonymousTag());
    if (tag !== undefined) this.#records.set(tag, made);
    return made;
  }

  /** Forgets a tag that was only named, so that naming it again is refused again. */
  forget(tag: string): void {
    if (this.#records.get(tag)?.members === undefined) this.#records.delete(tag);
  }

  anonymousTag(): string {
    this.#anonymous += 2;
    return String(this.#anonymous);
  }
}
