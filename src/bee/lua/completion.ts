/** Words that may stand where the cursor is, from the live state. */
import { getField, string, stringText } from './vm/host.ts';
import type { LuaTable } from './vm/table.ts';
import type { TValue } from './vm/types.ts';
import { isTable, type Slot, Tag } from './vm/value.ts';

/** Where in a line words would stand, and the words. */
export interface Completions {
  readonly from: number;
  readonly words: readonly string[];
}

/** The name before the cursor, with all that it is a field of. */
export function pathBefore(line: string, cursor: number): string {
  const before = line.slice(0, cursor);
  return /[A-Za-z_][\w]*(?:[.:][A-Za-z_]\w*)*[.:]?$/.exec(before)?.[0] ?? '';
}

/**
 * Completes the name before the cursor.
 * @param globals where names begin
 */
export function complete(globals: LuaTable, line: string, cursor: number): Completions {
  const at = Math.min(cursor, line.length);
  const path = pathBefore(line, at);
  const last = Math.max(path.lastIndexOf('.'), path.lastIndexOf(':'));
  const prefix = path.slice(last + 1);
  let holder: TValue = { type: Tag.TABLE, value: globals };
  if (last >= 0) {
    for (const part of path.slice(0, last).split(/[.:]/)) holder = fieldOf(holder, part);
  }
  const words = [...namesIn(holder, path.charAt(last) === ':')];
  if (last < 0) words.push(...keywords);
  const fitting = words.filter((word) => word.startsWith(prefix));
  return { from: at - prefix.length, words: [...new Set(fitting)].sort() };
}

const keywords =
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(
    ' ',
  );

function fieldOf(holder: TValue, name: string): TValue {
  for (let object = holder, steps = 0; steps < 10 && isTable(object); steps++) {
    const own = getField(object.value, name);
    if (own.type !== Tag.NIL) return own;
    const { metatable } = object.value;
    if (metatable === null) break;
    object = getField(metatable, '__index');
  }
  return { type: Tag.NIL, value: null };
}

function* namesIn(holder: TValue, onlyMethods: boolean): Generator<string> {
  const key: Slot = string('');
  const value: Slot = string('');
  // A name that the object has itself hides what stands behind it.
  const seen = new Set<string>();
  for (let object = holder, steps = 0; steps < 10 && isTable(object); steps++) {
    key.type = Tag.NIL;
    key.value = null;
    while (object.value.next(key, value)) {
      const name = stringText(key);
      if (name === undefined || seen.has(name)) continue;
      seen.add(name);
      const isMethod = (value.type & 15) === Tag.FUNCTION;
      if (onlyMethods && !isMethod) continue;
      if (/^[A-Za-z_]\w*$/.test(name)) yield isMethod ? `${name}(` : name;
    }
    const { metatable } = object.value;
    if (metatable === null) return;
    object = getField(metatable, '__index');
  }
}
