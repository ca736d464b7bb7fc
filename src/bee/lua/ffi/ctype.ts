/** C types as the FFI knows them: their sizes, and their names as LuaJIT writes them. */
import type { LuaTable } from '../vm/table.ts';
import { type NumericType, numericTypes } from './ffi-number.ts';

/** Bytes of an address. */
export const pointerSize = 8;

/** A member of a struct or union. Bit fields have a width and stand `bitOffset` bits above `offset`. */
export interface Member {
  /** Undefined for an unnamed struct or union, whose members are reached as the holder's own. */
  readonly name: string | undefined;
  readonly type: CType;
  readonly offset: number;
  readonly bits?: { readonly offset: number; readonly width: number };
}

/** A struct or union. It may be named before its members are known. */
export class RecordType {
  readonly kind = 'record';
  readonly keyword: 'struct' | 'union';
  readonly tag: string;
  /** Undefined until the body was read. */
  members: readonly Member[] | undefined;
  size = 0;
  align = 1;
  /** What `ffi.metatype` gave it. */
  metatable: LuaTable | null = null;

  constructor(keyword: 'struct' | 'union', tag: string) {
    this.keyword = keyword;
    this.tag = tag;
  }

  /** A member by its name, those of unnamed structs included, with its place in the whole. */
  find(name: string): Member | undefined {
    for (const member of this.members ?? []) {
      if (member.name === name) return member;
      if (member.name !== undefined) continue;
      const record = unqualified(member.type);
      const inner = record instanceof RecordType ? record.find(name) : undefined;
      if (inner !== undefined) return { ...inner, offset: inner.offset + member.offset };
    }
    return undefined;
  }
}

/** A type with `const` or `volatile` said of it. */
export interface QualifiedType {
  readonly kind: 'qualified';
  readonly words: string;
  readonly type: PlainType;
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly to: CType;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly of: CType;
  /** Undefined for `[?]` and `[]`, whose length each value has of its own. */
  readonly length: number | undefined;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly tag: string;
  readonly values: ReadonlyMap<string, number>;
}

export interface FunctionType {
  readonly kind: 'function';
  readonly returns: CType;
}

export interface VoidType {
  readonly kind: 'void';
}

export interface ComplexType {
  readonly kind: 'complex';
}

export type PlainType =
  | NumericType
  | PointerType
  | ArrayType
  | RecordType
  | EnumType
  | FunctionType
  | VoidType
  | ComplexType;
export type CType = PlainType | QualifiedType;

export const voidType: VoidType = { kind: 'void' };

/** A numeric type that is known to be there. */
export function numeric(name: string): NumericType {
  const found = numericTypes.get(name);
  if (found === undefined) throw new RangeError(`no C type ${name}`);
  return found;
}

export const intType = numeric('int');
export const charType = numeric('char');

/** Whether a type is a number, `bool` included. */
export function isNumeric(type: CType): type is NumericType {
  return (
    type.kind === 'integer' ||
    type.kind === 'double' ||
    type.kind === 'float' ||
    type.kind === 'bool'
  );
}

/** The type without `const` and `volatile`. */
export function unqualified(type: CType): PlainType {
  return type.kind === 'qualified' ? type.type : type;
}

/** A type with a qualifier; each word stands once, `const` first. */
export function qualify(type: CType, words: ReadonlySet<string>): CType {
  if (words.size === 0) return type;
  const all = new Set([...words, ...(type.kind === 'qualified' ? type.words.split(' ') : [])]);
  return { kind: 'qualified', words: [...all].sort().join(' '), type: unqualified(type) };
}

/** The metatable of values of a type: a struct's own, and that of the struct to which a pointer leads. */
export function metatableFor(type: CType): LuaTable | null {
  const plain = unqualified(type);
  const record = plain.kind === 'pointer' ? unqualified(plain.to) : plain;
  return record.kind === 'record' ? record.metatable : null;
}

/** Bytes of a value; undefined where that is not known: void, functions, arrays without a length, unfinished structs. */
export function sizeOf(type: CType): number | undefined {
  const plain = unqualified(type);
  switch (plain.kind) {
    case 'void':
    case 'function':
      return undefined;
    case 'pointer':
      return pointerSize;
    case 'enum':
      return 4;
    case 'complex':
      return 16;
    case 'record':
      return plain.members === undefined ? undefined : plain.size;
    case 'array': {
      const one = sizeOf(plain.of);
      return one === undefined || plain.length === undefined ? undefined : one * plain.length;
    }
    default:
      return plain.size;
  }
}

/** The boundary, in bytes, on which a value stands. */
export function alignOf(type: CType): number {
  const plain = unqualified(type);
  if (plain.kind === 'array') return alignOf(plain.of);
  if (plain.kind === 'record') return plain.align;
  if (plain.kind === 'complex') return 8;
  return sizeOf(plain) ?? 1;
}

/** The name as LuaJIT shows it: `const char *`, `int (*)[3]`. */
export function typeText(type: CType, declarator = ''): string {
  const words = type.kind === 'qualified' ? `${type.words}` : '';
  const plain = unqualified(type);
  switch (plain.kind) {
    case 'pointer': {
      const gap = words !== '' && declarator !== '' ? ' ' : '';
      return typeText(plain.to, `*${words}${gap}${declarator}`);
    }
    case 'array':
      return typeText(plain.of, `${bracketed(declarator)}[${plain.length ?? '?'}]`);
    case 'function':
      return typeText(plain.returns, `${bracketed(declarator)}()`);
    default: {
      const name = `${words === '' ? '' : `${words} `}${baseName(plain)}`;
      return declarator === '' ? name : `${name} ${declarator}`;
    }
  }
}

/** The name of a reference to a value of the type: `struct point &`, `int (&)[3]`. */
export function referenceText(type: CType): string {
  return typeText(type, '&');
}

function bracketed(declarator: string): string {
  return /^[*&]/.test(declarator) ? `(${declarator})` : declarator;
}

function baseName(type: PlainType): string {
  switch (type.kind) {
    case 'record':
      return `${type.keyword} ${type.tag}`;
    case 'enum':
      return `enum ${type.tag}`;
    case 'void':
    case 'complex':
      return type.kind;
    case 'pointer':
    case 'array':
    case 'function':
      return typeText(type);
    default:
      return type.name;
  }
}

/** Whether two types are one but for `const` and `volatile`. */
export function isSameType(a: CType, b: CType): boolean {
  const left = unqualified(a);
  const right = unqualified(b);
  if (left === right) return true;
  if (isNumeric(left) || isNumeric(right)) {
    return isNumeric(left) && isNumeric(right) && left.name === right.name;
  }
  if (left.kind === 'pointer' && right.kind === 'pointer') return isSameType(left.to, right.to);
  if (left.kind === 'array' && right.kind === 'array') {
    return left.length === right.length && isSameType(left.of, right.of);
  }
  if (left.kind === 'function' && right.kind === 'function') {
    return isSameType(left.returns, right.returns);
  }
  return left.kind === 'void' && right.kind === 'void';
}
