/** Types of fields, in the real server's order. */
export const fieldTypes = [
  'any',
  'unsigned',
  'string',
  'number',
  'double',
  'integer',
  'boolean',
  'varbinary',
  'scalar',
  'decimal',
  'uuid',
  'array',
  'map',
] as const;

export type FieldType = (typeof fieldTypes)[number];

/**
 * Types of msgpack values by their first byte, numbered as in the real server. A positive number in a signed form is INT there,
 * and so no `unsigned`.
 */
export const MpType = {
  NIL: 0,
  UINT: 1,
  INT: 2,
  STR: 3,
  BIN: 4,
  ARRAY: 5,
  MAP: 6,
  BOOL: 7,
  FLOAT: 8,
  DOUBLE: 9,
  EXT: 10,
} as const;

/** What messages call them. */
export const mpTypeNames: readonly string[] = [
  'nil',
  'unsigned',
  'integer',
  'string',
  'blob',
  'array',
  'map',
  'boolean',
  'float',
  'double',
  'extension',
];

/** Msgpack extensions with a meaning. */
export const MpExt = { DECIMAL: 1, UUID: 2, ERROR: 3 } as const;

const headTypes = makeHeadTypes();

/** Type of the value at `pos`, one of MpType. */
export function mpTypeAt(bytes: Uint8Array, pos: number): number {
  return headTypes[bytes[pos] ?? 0xc0] ?? MpType.NIL;
}

/** Type of an extension at `pos`: −128 to 127. */
export function extTypeAt(bytes: Uint8Array, pos: number): number {
  const head = bytes[pos] ?? 0;
  const at = head >= 0xd4 ? pos + 1 : pos + 1 + (1 << (head - 0xc7));
  const type = bytes[at] ?? 0;
  return type < 0x80 ? type : type - 0x100;
}

const bit = (type: number): number => 1 << type;
const numberBits = bit(MpType.UINT) | bit(MpType.INT) | bit(MpType.FLOAT) | bit(MpType.DOUBLE);

/** Which msgpack types a field type takes. */
const plainMasks: Readonly<Record<FieldType, number>> = {
  any: ~0,
  unsigned: bit(MpType.UINT),
  string: bit(MpType.STR),
  number: numberBits,
  double: bit(MpType.DOUBLE),
  integer: bit(MpType.UINT) | bit(MpType.INT),
  boolean: bit(MpType.BOOL),
  varbinary: bit(MpType.BIN),
  scalar: numberBits | bit(MpType.STR) | bit(MpType.BIN) | bit(MpType.BOOL),
  decimal: 0,
  uuid: 0,
  array: bit(MpType.ARRAY),
  map: bit(MpType.MAP),
};

/** Which extensions a field type takes. `scalar` takes decimals only: an oddity of 2.6.0, and so ours. */
const extMasks: Readonly<Partial<Record<FieldType, number>>> = {
  any: ~1,
  number: bit(MpExt.DECIMAL),
  scalar: bit(MpExt.DECIMAL),
  decimal: bit(MpExt.DECIMAL),
  uuid: bit(MpExt.UUID),
};

/** Bits of the MpTypes that a field of the type takes; extensions have to be looked at with `isCompatible`. */
export function plainMaskOf(type: FieldType, isNullable: boolean): number {
  return plainMasks[type] | (isNullable ? bit(MpType.NIL) : 0);
}

/** Whether the value at `pos` may stand in a field of the type. */
export function isCompatible(
  type: FieldType,
  isNullable: boolean,
  bytes: Uint8Array,
  pos: number,
): boolean {
  const mpType = mpTypeAt(bytes, pos);
  if (mpType !== MpType.EXT) return (plainMaskOf(type, isNullable) & bit(mpType)) !== 0;
  const ext = extTypeAt(bytes, pos);
  return ext >= 0 && ((extMasks[type] ?? 0) & bit(ext)) !== 0;
}

/** For each type, the types that take all its values. */
const widerTypes: Readonly<Record<FieldType, readonly FieldType[]>> = {
  any: ['any'],
  unsigned: ['any', 'unsigned', 'number', 'integer', 'scalar'],
  string: ['any', 'string', 'scalar'],
  number: ['any', 'number', 'scalar'],
  double: ['any', 'number', 'double', 'scalar'],
  integer: ['any', 'number', 'integer', 'scalar'],
  boolean: ['any', 'boolean', 'scalar'],
  varbinary: ['any', 'varbinary', 'scalar'],
  scalar: ['any', 'scalar'],
  decimal: ['any', 'number', 'scalar', 'decimal'],
  uuid: ['any', 'uuid'],
  array: ['any', 'array'],
  map: ['any', 'map'],
};

/** Whether every value of the narrow type is one of the wide type. */
export function containsType(wide: FieldType, narrow: FieldType): boolean {
  return widerTypes[narrow].includes(wide);
}

/**
 * Finds a type by the name that a user wrote: any case, and the short forms of 1.6. `num` and `str` may be cut as far as one
 * likes, even to nothing, as in the real server.
 */
export function fieldTypeByName(name: string): FieldType | undefined {
  const lower = name.toLowerCase();
  const type = fieldTypes.find((known) => known === lower);
  if (type !== undefined) return type;
  if ('num'.startsWith(lower)) return 'unsigned';
  if ('str'.startsWith(lower)) return 'string';
  return name === '*' ? 'any' : undefined;
}

function makeHeadTypes(): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(MpType.UINT, 0, 0x80);
  table.fill(MpType.MAP, 0x80, 0x90);
  table.fill(MpType.ARRAY, 0x90, 0xa0);
  table.fill(MpType.STR, 0xa0, 0xc0);
  table.fill(MpType.INT, 0xe0);
  const rest: readonly (readonly [number, number, number])[] = [
    [0xc0, 0xc0, MpType.NIL],
    [0xc1, 0xc1, MpType.EXT],
    [0xc2, 0xc3, MpType.BOOL],
    [0xc4, 0xc6, MpType.BIN],
    [0xc7, 0xc9, MpType.EXT],
    [0xca, 0xca, MpType.FLOAT],
    [0xcb, 0xcb, MpType.DOUBLE],
    [0xcc, 0xcf, MpType.UINT],
    [0xd0, 0xd3, MpType.INT],
    [0xd4, 0xd8, MpType.EXT],
    [0xd9, 0xdb, MpType.STR],
    [0xdc, 0xdd, MpType.ARRAY],
    [0xde, 0xdf, MpType.MAP],
  ];
  for (const [from, to, type] of rest) table.fill(type, from, to + 1);
  return table;
}
