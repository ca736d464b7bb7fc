import { skip } from '../wire/msgpack.ts';
import { clientError } from './error.ts';
import { type FieldType, isCompatible, MpType, mpTypeAt, plainMaskOf } from './field-type.ts';
import { type FieldDef, type FormatField, fieldCanStore, makeFields } from './format-field.ts';
import { isKeyAt, type PathToken, tokenText } from './json-path.ts';
import { goToIndex, goToPath, type KeyDef } from './key-def.ts';
import { dataLength, dataStart } from './mp-compare.ts';
import { arrayCount, arrayStart, mapCount, mapStart, type Tuple } from './tuple.ts';

/**
 * Names of the fields. All formats that a space ever had share one dictionary, so that a change of names shows in
 * tuples that were stored before it, as in the real server.
 */
export class TupleDictionary {
  names: readonly string[] = [];
  #numbers = new Map<string, number>();

  constructor(names: readonly string[]) {
    this.names = names;
    this.#numbers = numbersOf(names);
  }

  /** Field number, from 0, of a name. */
  numberOf(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** Exchanges contents with another dictionary. */
  swap(other: TupleDictionary): void {
    [this.names, other.names] = [other.names, this.names];
    [this.#numbers, other.#numbers] = [other.#numbers, this.#numbers];
  }
}

function numbersOf(names: readonly string[]): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    if (numbers.has(name)) throw clientError('SPACE_FIELD_IS_DUPLICATE', name);
    numbers.set(name, index);
  }
  return numbers;
}

/** Names, types and demands of a space's tuples, made of the space's format and its indexes' parts. */
export class TupleFormat {
  readonly dictionary: TupleDictionary;
  /** 0 when any number of fields will do. */
  readonly exactFieldCount: number;
  /** Fields that every tuple must have: up to the last that is not nullable. */
  readonly minFieldCount: number;
  readonly isTemporary: boolean;
  /** Fields whose position the real server stores with each tuple: those of keys that are not the first fields in order. */
  readonly offsetSlots: number;
  readonly #fields: FormatField[];
  /** The arrays that multikey indexes go through, with how many places inside each element they use. */
  readonly #multikeys: readonly MultikeyRoot[];
  /** Bits of the plain types that each field takes. */
  readonly #masks: Int32Array;
  readonly #hasNested: boolean;

  /**
   * @param fields the space's format
   * @param keys key definitions of all indexes, but those of functional ones
   */
  constructor(
    fields: readonly FieldDef[],
    keys: readonly KeyDef[],
    exactFieldCount: number,
    dictionary: TupleDictionary,
    isTemporary = false,
  ) {
    this.dictionary = dictionary;
    this.exactFieldCount = exactFieldCount;
    this.isTemporary = isTemporary;
    this.minFieldCount = minFieldCountOf(fields, keys);
    this.offsetSlots = countOffsetSlots(keys);
    this.#fields = makeFields(fields, keys);
    this.#multikeys = multikeyRootsOf(keys);
    this.#masks = Int32Array.from(this.#fields, (field) =>
      plainMaskOf(field.type, field.isNullable),
    );
    this.#hasNested = this.#fields.some((field) => field.children.length > 0);
  }

  /** Names in order, for whoever shows tuples as maps. */
  get names(): readonly string[] {
    return this.dictionary.names;
  }

  /** Fields that the format knows. */
  get fieldCount(): number {
    return this.#fields.length;
  }

  /** Type of a field counted from 0; `any` for one the format does not know. */
  typeOf(fieldNo: number): FieldType {
    return this.#fields[fieldNo]?.type ?? 'any';
  }

  /** Type of a place inside a field, when the format knows it. */
  typeAt(fieldNo: number, path: readonly PathToken[]): FieldType | undefined {
    let field = this.#fields[fieldNo];
    for (const token of path) field = field?.childOf(token);
    return field?.type;
  }

  /** Throws unless the msgpack array at `start` may be stored. */
  validate(bytes: Uint8Array, start: number): void {
    const count = arrayCount(bytes, start);
    // Where no field is known nothing is looked at: the space has no index then, and that is what the real server says.
    if (this.#fields.length > 0 && this.exactFieldCount > 0 && count !== this.exactFieldCount) {
      throw clientError('EXACT_FIELD_COUNT', count, this.exactFieldCount);
    }
    if (this.#hasNested) {
      this.#validateNested(bytes, start, count);
      return;
    }
    const masks = this.#masks;
    const known = Math.min(masks.length, count);
    let pos = arrayStart(bytes, start);
    for (let fieldNo = 0; fieldNo < known; fieldNo++) {
      const type = mpTypeAt(bytes, pos);
      if (type === MpType.EXT || (((masks[fieldNo] ?? 0) >> type) & 1) === 0) {
        checkType(this.#fields[fieldNo], bytes, pos);
      }
      pos = skip(bytes, pos);
    }
    for (let fieldNo = known; fieldNo < masks.length; fieldNo++) {
      const field = this.#fields[fieldNo];
      if (field !== undefined && !field.isNullable) throw clientError('FIELD_MISSING', field.path);
    }
  }

  /** Throws unless a stored tuple may be stored here too. */
  validateTuple(tuple: Tuple): void {
    this.validate(tuple.slab, tuple.start);
  }

  /** True when every tuple of the other format is surely valid here: then nobody has to look. */
  canStoreTuplesOf(other: TupleFormat): boolean {
    if (this.exactFieldCount !== other.exactFieldCount) return false;
    return this.#fields.every((field, index) => fieldCanStore(field, other.#fields[index]));
  }

  #validateNested(bytes: Uint8Array, start: number, count: number): void {
    const missing = new Set<FormatField>();
    for (const field of this.#fields) addRequired(field, missing);
    let pos = arrayStart(bytes, start);
    for (let fieldNo = 0; fieldNo < Math.min(count, this.#fields.length); fieldNo++) {
      const field = this.#fields[fieldNo];
      if (field !== undefined) visit(field, bytes, pos, missing);
      pos = skip(bytes, pos);
    }
    throwIfMissing(missing);
    if (this.#multikeys.length > 0) this.#checkMetadata(bytes, start);
  }

  /** The real server keeps the place of each element with the tuple, and has 15 bits for the size of that. */
  #checkMetadata(bytes: Uint8Array, start: number): void {
    let size = tupleHeaderBytes + (this.offsetSlots + this.#multikeys.length) * offsetBytes;
    for (const { fieldNo, path, leaves } of this.#multikeys) {
      const pos = goToPath(bytes, goToIndex(bytes, start, fieldNo), path, -1);
      const count = pos >= 0 && mpTypeAt(bytes, pos) === MpType.ARRAY ? arrayCount(bytes, pos) : 0;
      size += leaves * (count + 1) * offsetBytes;
    }
    if (size > metadataBytesMax) throw clientError('TUPLE_METADATA_IS_TOO_BIG', size);
  }
}

/** Bytes of a tuple's header in the real server, of a place in it, and the most that places may take. */
const tupleHeaderBytes = 10;
const offsetBytes = 4;
const metadataBytesMax = 32_767;

interface MultikeyRoot {
  readonly fieldNo: number;
  readonly path: readonly PathToken[];
  readonly leaves: number;
}

function multikeyRootsOf(keys: readonly KeyDef[]): MultikeyRoot[] {
  const roots = new Map<string, MultikeyRoot & { readonly places: Set<string> }>();
  for (const { multikey, parts } of keys) {
    if (multikey === undefined) continue;
    const { fieldNo, path } = multikey;
    const name = `${fieldNo}${path.map(tokenText).join('')}`;
    const places = roots.get(name)?.places ?? new Set();
    for (const part of parts) {
      const isInside = part.fieldNo === fieldNo && part.path?.[path.length]?.kind === 'any';
      if (isInside) places.add((part.path ?? []).map(tokenText).join(''));
    }
    roots.set(name, { fieldNo, path, places, leaves: places.size });
  }
  return [...roots.values()];
}

function throwIfMissing(missing: ReadonlySet<FormatField>): void {
  // Top-level fields have the lower numbers and so are named first.
  let first: FormatField | undefined;
  for (const field of missing) {
    if (first === undefined || (first.parent !== undefined && field.parent === undefined)) {
      first = field;
    }
  }
  if (first !== undefined) throw clientError('FIELD_MISSING', first.path);
}

/** Adds the leaves at and below a field that must be there; those below `[*]` are demanded element by element. */
function addRequired(field: FormatField, required: Set<FormatField>): void {
  if (field.isMultikey) return;
  if (field.children.length === 0 && !field.isNullable) required.add(field);
  for (const child of field.children) addRequired(child, required);
}

/** Checks the value at `pos` and what the format knows inside it; takes what it found off `missing`. */
function visit(
  field: FormatField,
  bytes: Uint8Array,
  pos: number,
  missing: Set<FormatField>,
): void {
  checkType(field, bytes, pos);
  missing.delete(field);
  if (field.children.length === 0) return;
  const type = mpTypeAt(bytes, pos);
  if (type === MpType.ARRAY) visitArray(field, bytes, pos, missing);
  else if (type === MpType.MAP) visitMap(field, bytes, pos, missing);
}

function visitArray(
  field: FormatField,
  bytes: Uint8Array,
  pos: number,
  missing: Set<FormatField>,
): void {
  const count = arrayCount(bytes, pos);
  let at = arrayStart(bytes, pos);
  for (let index = 0; index < count; index++) {
    const child = field.childAtIndex(index);
    if (child?.token.kind === 'any') {
      const missingHere = new Set<FormatField>();
      addRequired(child, missingHere);
      visit(child, bytes, at, missingHere);
      throwIfMissing(missingHere);
    } else if (child !== undefined) {
      visit(child, bytes, at, missing);
    }
    at = skip(bytes, at);
  }
}

function visitMap(
  field: FormatField,
  bytes: Uint8Array,
  pos: number,
  missing: Set<FormatField>,
): void {
  const count = mapCount(bytes, pos);
  let at = mapStart(bytes, pos);
  for (let index = 0; index < count; index++) {
    const value = skip(bytes, at);
    if (mpTypeAt(bytes, at) === MpType.STR) {
      const [start, length] = [dataStart(bytes, at), dataLength(bytes, at)];
      const child = field.children.find(
        ({ token }) => token.kind === 'key' && isKeyAt(bytes, start, length, token.bytes),
      );
      if (child !== undefined) visit(child, bytes, value, missing);
    }
    at = skip(bytes, value);
  }
}

function checkType(field: FormatField | undefined, bytes: Uint8Array, pos: number): void {
  if (field === undefined || isCompatible(field.type, field.isNullable, bytes, pos)) return;
  throw clientError('FIELD_TYPE', field.path, field.type);
}

/** Fields that a tuple must have at least. */
export function minFieldCountOf(fields: readonly FieldDef[], keys: readonly KeyDef[]): number {
  let count = 0;
  for (const [index, field] of fields.entries()) if (!field.isNullable) count = index + 1;
  for (const key of keys) {
    for (const part of key.parts) if (!part.isNullable) count = Math.max(count, part.fieldNo + 1);
  }
  return count;
}

function countOffsetSlots(keys: readonly KeyDef[]): number {
  const places = new Set<string>();
  for (const key of keys) {
    if (key.forFuncIndex || key.isSequential) continue;
    for (const { fieldNo, path } of key.parts) {
      if (fieldNo > 0 || path !== undefined) {
        places.add(`${fieldNo}${(path ?? []).map(tokenText).join('')}`);
      }
    }
  }
  return places.size;
}
