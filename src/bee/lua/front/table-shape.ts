/**
 * How LuaJIT lays out the table of a constructor: constants go into a template at compile time, the rest follows when the
 * constructor runs, and the room is what was counted. The order in which `pairs` walks the table comes from that.
 */
import { hashBits, LuaTable } from '../vm/table.ts';
import type { TValue } from '../vm/types.ts';
import { newString, Slot, Tag } from '../vm/value.ts';
import { textBytes } from './chunk-id.ts';

/** What is known of an expression without running it. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: TValue }
  /** A variable or a field: can be assigned to. */
  | { readonly kind: 'variable'; readonly path: string }
  | { readonly kind: 'call' }
  | { readonly kind: 'other' };

/** What a NEWTABLE instruction is to make. */
export interface TableShape {
  /** Copied at each run, when there were constants. */
  readonly template: LuaTable | undefined;
  readonly arraySize: number;
  readonly hashBits: number;
}

/** The room of an array part that is not counted in a template has these bounds. */
const arrayMin = 3;
const arrayMax = 0x7ff;

/** Stands in a template for a value that is known only at run time, so that the key has its place. */
const later = new Slot(Tag.LIGHT_USERDATA, {});

/** A string as a field or value of a table constructor. */
export function stringConstant(byteText: string): Expression {
  return { kind: 'constant', value: new Slot(Tag.STRING, newString(textBytes(byteText))) };
}

/** A constant as a field or value of a table constructor. */
export function constant(type: number, value: unknown): Expression {
  return { kind: 'constant', value: new Slot(type, value) };
}

/** Collects the items of one constructor. */
export class TableShapeBuilder {
  #template: LuaTable | undefined;
  #arrayCount = 1;
  #hashCount = 0;
  #needsArray = false;
  #hasLater = false;

  /** `value` without a key. */
  positional(value: Expression): void {
    const key = this.#arrayCount++;
    this.#needsArray = true;
    this.#item(new Slot(Tag.NUMBER, key), value);
  }

  /** The key of `[key] = value` or `name = value` has been read. */
  key(key: Expression): void {
    const isZero =
      key.kind === 'constant' && key.value.type === Tag.NUMBER && key.value.value === 0;
    if (isZero) this.#needsArray = true;
    else this.#hashCount++;
  }

  /** Its value has been read. */
  pair(key: Expression, value: Expression): void {
    if (key.kind === 'constant') this.#item(key.value, value);
  }

  #item(key: TValue, value: Expression): void {
    const isConstant = value.kind === 'constant';
    if (key.type === Tag.NIL || (key.type !== Tag.STRING && !isConstant)) return;
    if (key.type === Tag.NUMBER && Number.isNaN(key.value)) return;
    this.#template ??= new LuaTable(
      this.#needsArray ? this.#arrayCount : 0,
      hashBits(this.#hashCount),
    );
    this.#template.set(key, isConstant ? value.value : later);
    if (!isConstant) this.#hasLater = true;
  }

  finish(): TableShape {
    const template = this.#template;
    const count = this.#arrayCount;
    if (template === undefined) {
      const arraySize = this.#needsArray ? Math.min(Math.max(count, arrayMin), arrayMax) : 0;
      return { template, arraySize, hashBits: hashBits(this.#hashCount) };
    }
    if (this.#needsArray && template.arraySize < count) template.reserveArray(count - 1);
    if (this.#hasLater) {
      for (const node of template.nodes) {
        if (node.val.value !== later.value) continue;
        node.val.type = Tag.NIL;
        node.val.value = null;
      }
    }
    return { template, arraySize: 0, hashBits: 0 };
  }
}
