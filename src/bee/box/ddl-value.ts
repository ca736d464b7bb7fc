import type { Tuple } from './tuple.ts';

/**
 * What a script hands to a function of `db.schema`: a Lua value, seen from below Lua. The Lua layer converts; `ddl.ts`
 * checks types and options with the real server's words, for which it must still know what the script wrote.
 *
 * `undefined` is nil, `null` is `db.NULL`. Strings are text (names and options are). 64-bit integers are bigints.
 */
export type DdlValue =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | DdlTable
  | Tuple
  | DdlOther;

/** A Lua table: keys are numbers (the array part counts from 1) or strings, in the order in which `pairs` gives them. */
export class DdlTable extends Map<number | string, DdlValue> {
  /** `#t`: how many of the keys 1, 2, 3, … are there. */
  get length(): number {
    let count = 0;
    while (this.get(count + 1) !== undefined) count++;
    return count;
  }
}

/** A value that no option may be, with what messages say of it: a function, a thread, a userdata, a foreign cdata. */
export interface DdlOther {
  /** `type(value)`. */
  readonly luaType: string;
  /** `tostring(value)`. */
  readonly text: string;
}
