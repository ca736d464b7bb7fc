import type { MsgpackValue } from '../wire/msgpack.ts';
import type { Box } from './box.ts';
import { numberOf, toMsgpack } from './ddl-check.ts';
import { collationId, orderedMap } from './ddl-space.ts';
import { DdlTable, type DdlValue } from './ddl-value.ts';
import { clientError } from './error.ts';
import type { FieldDef } from './format-field.ts';
import type { Space } from './space.ts';
import type { Tuple } from './tuple.ts';
import { fieldArray } from './tuple-field.ts';

/** Parts of an index on their way to `_index`. */
export interface IndexParts {
  /** `field` counts from 0; `type`, `collation` (id), `is_nullable`, `path` and whatever else was given. */
  readonly parts: readonly DdlTable[];
  /** Nothing but field and type: they are stored in the short form `[field, type]`. */
  readonly isSimple: boolean;
}

const refuse = (reason: string): Error => clientError('ILLEGAL_PARAMS', reason);

/** Reads the `parts` option in any of its forms. */
export function readParts(box: Box, space: Space, value: DdlValue): IndexParts {
  if (!(value instanceof DdlTable)) throw refuse('options.parts parameter should be a table');
  const count = value.length;
  if (count === 0) throw refuse('options.parts must have at least one part');
  if (typeof value.get(1) === 'number' && typeof value.get(2) === 'string') {
    return { parts: readFlatParts(value), isSimple: true };
  }
  let isSimple = true;
  const parts: DdlTable[] = [];
  for (let number = 1; number <= count; number++) {
    const part = readPart(box, space, value.get(number), number);
    isSimple &&= part.isSimple;
    parts.push(part.table);
  }
  return { parts, isSimple };
}

/** `{1, 'unsigned', 2, 'string'}` */
function readFlatParts(table: DdlTable): DdlTable[] {
  const expected = 'options.parts: expected field_no (number), type (string) pairs';
  const parts: DdlTable[] = [];
  const count = table.length;
  if (count % 2 !== 0) throw refuse(expected);
  for (let at = 1; at <= count; at += 2) {
    const [field, type] = [table.get(at), table.get(at + 1)];
    if (typeof field !== 'number') throw refuse(expected);
    if (field === 0) throw refuse('invalid index parts: field_no must be one-based');
    if (typeof type !== 'string') throw refuse(expected);
    parts.push(
      new DdlTable([
        ['field', field - 1],
        ['type', type],
      ]),
    );
  }
  return parts;
}

function readPart(
  box: Box,
  space: Space,
  given: DdlValue,
  number: number,
): { table: DdlTable; isSimple: boolean } {
  const what = `options.parts[${number}]`;
  const part = new DdlTable();
  let isSimple = true;
  if (given instanceof DdlTable) {
    for (const [key, value] of given) {
      if (key === 1 || key === 'field') {
        part.set('field', value);
      } else if (key === 2 || key === 'type') {
        part.set('type', value);
      } else {
        isSimple = false;
        const names = typeof value === 'string' ? [value, value.toLowerCase()] : [value];
        part.set(key, key === 'collation' ? collationId(box, value, what, names) : value);
      }
    }
  } else {
    part.set('field', given);
  }
  const { fields } = space.def;
  const place = part.get('field');
  if (typeof place !== 'number' && typeof place !== 'string') {
    throw refuse(`${what}: field (name or number) is expected`);
  }
  const [fieldNo, path] = resolveField(fields, place, what);
  part.set('field', fieldNo);
  if (path !== undefined) part.set('path', path);
  if (part.get('path') !== undefined) isSimple = false;
  return { table: part, isSimple: fillPart(part, fields[fieldNo], what) && isSimple };
}

/** Takes from the format what the part does not say. @returns whether the short form is still enough */
function fillPart(part: DdlTable, field: FieldDef | undefined, what: string): boolean {
  let isSimple = true;
  const type = part.get('type');
  if (type === undefined) part.set('type', field?.type ?? 'scalar');
  else if (typeof type !== 'string') throw refuse(`${what}: type (string) is expected`);
  const isNullable = part.get('is_nullable');
  if (isNullable === undefined) {
    if (field?.isNullable === true) {
      part.set('is_nullable', true);
      isSimple = false;
    }
  } else if (typeof isNullable !== 'boolean') {
    throw refuse(`${what}: type (boolean) is expected`);
  }
  return isSimple;
}

/** Number, from 0, of the field that a number, a name or a path names, and the rest of the path. */
export function resolveField(
  fields: readonly FieldDef[],
  place: number | string,
  what: string,
): [number, string | undefined] {
  const [number, path] =
    typeof place === 'number' ? ([place, undefined] as const) : resolvePath(fields, place, what);
  if (number <= 0) throw refuse(`${what}: field (number) must be one-based`);
  return [number - 1, path];
}

function resolvePath(
  fields: readonly FieldDef[],
  place: string,
  what: string,
): readonly [number, string | undefined] {
  const byName = (name: string | undefined): number | undefined => {
    const at = fields.findIndex((field) => field.name === name);
    return at < 0 ? undefined : at + 1;
  };
  const whole = byName(place);
  if (whole !== undefined) return [whole, undefined];
  const index = /^\[(\d+)\]/.exec(place);
  if (index !== null) return [Number(index[1]), place.slice(index[0].length)];
  const quoted = /^\["([^\]]+)"\]/.exec(place) ?? /^\['([^\]]+)'\]/.exec(place);
  const byQuoted = byName(quoted?.[1]);
  if (quoted !== null && byQuoted !== undefined) return [byQuoted, place.slice(quoted[0].length)];
  const plain = /^[^.[]+/.exec(place)?.[0];
  const byPlain = byName(plain);
  if (plain !== undefined && byPlain !== undefined) return [byPlain, place.slice(plain.length)];
  throw refuse(`${what}: field was not found by name '${place}'`);
}

/** Short names of 1.6, and the types that they stand for. */
const aliases: Readonly<Record<string, string>> = {
  num: 'unsigned',
  uint: 'unsigned',
  str: 'string',
  int: 'integer',
  '*': 'any',
};

/** Writes types in full. */
export function aliasTypes(box: Box, { parts, isSimple }: IndexParts): IndexParts {
  for (const part of parts) {
    const type = String(part.get('type')).toLowerCase();
    const full = Object.hasOwn(aliases, type) ? aliases[type] : undefined;
    part.set('type', full ?? type);
    if (type === 'num') {
      box.host.log(
        'W',
        `field type 'num' is deprecated since Tarantool 1.7, please use '${full}' instead`,
      );
    }
  }
  return { parts, isSimple };
}

/** The parts as they are stored. */
export function encodeParts(box: Box, { parts, isSimple }: IndexParts): MsgpackValue {
  return parts.map((part) =>
    isSimple ? [toMsgpack(part.get('field')), toMsgpack(part.get('type'))] : orderedMap(box, part),
  );
}

/** The parts that an index has now. */
export function readStoredParts(tuple: Tuple): IndexParts {
  const stored = fieldArray(tuple, 5).readValue();
  const parts: DdlTable[] = [];
  let isSimple = true;
  for (const part of Array.isArray(stored) ? stored : []) {
    const table = new DdlTable();
    if (Array.isArray(part)) {
      // The format of _index was checked when the tuple was stored.
      table.set('field', numberOf(part[0] as number));
      table.set('type', String(part[1]));
    } else if (part instanceof Map) {
      isSimple = false;
      // The cast is right: options of a part are texts, numbers and booleans.
      for (const [key, value] of part) table.set(String(key), value as DdlValue);
    }
    parts.push(table);
  }
  return { parts, isSimple };
}
