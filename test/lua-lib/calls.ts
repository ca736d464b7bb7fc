/** The calls of recorded.jsonl, each as a function of this project over the same values. */
import { Decimal } from '../../src/bee/base/decimal.ts';
import { fromByteText, toByteText } from '../../src/bee/lua/lib/bytes.ts';
import { type CsvOptions, dumpCsv, loadCsv } from '../../src/bee/lua/lib/csv.ts';
import {
  exponential,
  logarithm,
  logarithm10,
  power,
  squareRoot,
} from '../../src/bee/lua/lib/decimal-functions.ts';
import * as math from '../../src/bee/lua/lib/decimal-math.ts';
import * as digest from '../../src/bee/lua/lib/digest.ts';
import { decodeJson } from '../../src/bee/lua/lib/json-decode.ts';
import { JsonWriter } from '../../src/bee/lua/lib/json-encode.ts';
import { LibError } from '../../src/bee/lua/lib/lib-error.ts';
import * as pickle from '../../src/bee/lua/lib/pickle.ts';
import { strftime } from '../../src/bee/lua/lib/strftime.ts';
import * as string from '../../src/bee/lua/lib/string-extensions.ts';
import { formatUriParts, parseUriParts } from '../../src/bee/lua/lib/uri.ts';
import * as utf8 from '../../src/bee/lua/lib/utf8.ts';
import * as uuid from '../../src/bee/lua/lib/uuid.ts';

/** What Lua values are here. */
export type Value =
  | undefined
  | boolean
  | number
  | bigint
  | Uint8Array
  | Decimal
  | Uuid
  | readonly Value[]
  | ReadonlyMap<string, Value>;

export class Uuid {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function bytes(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error('a string was expected');
}

function text(value: Value): string {
  return toByteText(bytes(value));
}

function number(value: Value): number {
  if (typeof value === 'number') return value;
  throw new Error('a number was expected');
}

function optional(value: Value): number | undefined {
  return value === undefined ? undefined : number(value);
}

function byte(value: Value): number | undefined {
  return value === undefined ? undefined : bytes(value)[0];
}

function decimal(value: Value): Decimal {
  if (value instanceof Decimal) return value;
  throw new Error('a decimal was expected');
}

function entry(value: Value, name: string): Value {
  return value instanceof Map ? value.get(name) : undefined;
}

function operation(result: Decimal | undefined): Value[] {
  if (result === undefined) throw new LibError('decimal operation failed');
  return [result];
}

function newDecimal(value: Value): Decimal {
  const result =
    value instanceof Uint8Array
      ? Decimal.fromString(toByteText(value))
      : value instanceof Decimal
        ? value
        : Decimal.fromDouble(number(value));
  if (result === undefined) {
    throw new LibError('incorrect value to convert to decimal as 1 argument');
  }
  return result;
}

function csvOptions(value: Value): CsvOptions {
  const [delimiter, quote] = [entry(value, 'delimiter'), entry(value, 'quote_char')];
  return {
    ...(delimiter === undefined ? {} : { delimiter: byte(delimiter) ?? 0 }),
    ...(quote === undefined ? {} : { quote: byte(quote) ?? 0 }),
  };
}

function fieldText(value: Value): Uint8Array {
  return value instanceof Uint8Array ? value : fromByteText(String(value));
}

function fields(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  throw new Error('a list was expected');
}

function json(write: (writer: JsonWriter) => void): Value[] {
  const writer = new JsonWriter();
  write(writer);
  return [writer.finish()];
}

function integral(value: bigint): Value {
  const isSmall = value < 100_000_000_000_000n && value > -100_000_000_000_000n;
  return isSmall ? Number(value) : value;
}

function pickled(value: Value): pickle.PickleValue {
  if (typeof value === 'bigint' || value instanceof Uint8Array) return value;
  if (typeof value !== 'number') return undefined;
  return Number.isInteger(value) ? BigInt(value) : value;
}

function uriValue(parts: object | undefined): Value[] {
  if (parts === undefined) return [undefined];
  return [new Map(Object.entries(parts).map(([name, part]) => [name, fromByteText(String(part))]))];
}

function uriParts(value: Value): Record<string, string> {
  if (!(value instanceof Map)) throw new Error('a table was expected');
  return Object.fromEntries([...value].map(([name, part]) => [name, text(part)]));
}

function binary(value: Value, order: Value): Uint8Array {
  const plain = uuid.parseUuid(text(value)) ?? new Uint8Array(16);
  return uuid.isNetworkOrder(text(order)) === true ? plain : uuid.swapUuid(plain);
}

type Call = (...args: readonly Value[]) => readonly Value[];

const hashCalls = Object.fromEntries(
  Object.entries(digest.hashes).map(([name, hash]): [string, Call] => [
    name,
    (s) => [hash(bytes(s))],
  ]),
);

const binaryOperations: Readonly<
  Record<string, (left: Decimal, right: Decimal) => Decimal | undefined>
> = {
  decimal_add: (l, r) => l.add(r),
  decimal_sub: (l, r) => l.subtract(r),
  decimal_mul: math.multiply,
  decimal_div: math.divide,
  decimal_mod: math.remainder,
  decimal_pow: power,
};

const unaryOperations: Readonly<Record<string, (value: Decimal) => Decimal | undefined>> = {
  decimal_abs: math.absolute,
  decimal_trim: math.trim,
  decimal_neg: math.negate,
  decimal_sqrt: squareRoot,
  decimal_ln: logarithm,
  decimal_log10: logarithm10,
  decimal_exp: exponential,
};

const decimalCalls = Object.fromEntries([
  ...Object.entries(binaryOperations).map(([name, run]): [string, Call] => [
    name,
    (l, r) => operation(run(decimal(l), decimal(r))),
  ]),
  ...Object.entries(unaryOperations).map(([name, run]): [string, Call] => [
    name,
    (x) => operation(run(decimal(x))),
  ]),
]);

export const calls: Readonly<Record<string, Call>> = {
  ...hashCalls,
  ...decimalCalls,
  split: (s, separator, max) => [
    string.split(bytes(s), separator === undefined ? undefined : bytes(separator), optional(max)),
  ],
  ljust: (s, width, fill) => [string.ljust(bytes(s), number(width), byte(fill))],
  rjust: (s, width, fill) => [string.rjust(bytes(s), number(width), byte(fill))],
  center: (s, width, fill) => [string.center(bytes(s), number(width), byte(fill))],
  startswith: (s, head, from, to) => [
    string.startsWith(bytes(s), bytes(head), optional(from), optional(to)),
  ],
  endswith: (s, tail, from, to) => [
    string.endsWith(bytes(s), bytes(tail), optional(from), optional(to)),
  ],
  hex: (s) => [fromByteText(string.hex(bytes(s)))],
  fromhex: (s) => [string.fromHex(text(s))],
  strip: (s, set) => [string.strip(bytes(s), set === undefined ? undefined : bytes(set))],
  lstrip: (s) => [string.strip(bytes(s), undefined, 'left')],
  rstrip: (s, set) => [string.strip(bytes(s), bytes(set), 'right')],
  crc32: (s) => [digest.crc32Update(digest.crc32Begin, bytes(s))],
  crc32_update: (from, s) => [digest.crc32Update(number(from), bytes(s))],
  murmur: (s) => [digest.murmur(bytes(s))],
  murmur_seed: (s, seed) => {
    const state = new digest.Murmur(number(seed));
    state.update(bytes(s).subarray(0, 5));
    state.update(bytes(s).subarray(5));
    return [state.result()];
  },
  guava: (state, buckets) => [
    digest.guava(BigInt(Number(state) === state ? state : String(state)), number(buckets)),
  ],
  base64_encode: (s, option) => [
    fromByteText(digest.base64Encode(bytes(s), { [text(option)]: true })),
  ],
  base64_decode: (s) => [digest.base64Decode(bytes(s))],
  pbkdf2: (password, salt, iterations, length) => [
    digest.pbkdf2(bytes(password), bytes(salt), number(iterations), number(length)),
  ],
  pack: (format, ...values) => [pickle.pack(text(format), values.map(pickled))],
  unpack: (format, s) =>
    pickle.unpack(text(format), bytes(s)).map((value) => {
      return typeof value === 'bigint' ? integral(value) : value;
    }),
  uuid_fromstr: (s) => {
    const value = uuid.parseUuid(text(s));
    return [value === undefined ? undefined : new Uuid(uuid.formatUuid(value))];
  },
  uuid_bin: (s, order) => [binary(s, order)],
  uuid_frombin: (s, order) => {
    const isNetwork = uuid.isNetworkOrder(text(order)) === true;
    return [new Uuid(uuid.formatUuid(isNetwork ? bytes(s) : uuid.swapUuid(bytes(s))))];
  },
  uri_parse: (s) => uriValue(parseUriParts(text(s))),
  uri_format: (parts, withPassword) => [
    fromByteText(formatUriParts(uriParts(parts), withPassword === true)),
  ],
  csv_load: (s, options) => {
    const skip = optional(entry(options, 'skip_head_lines')) ?? 0;
    return [loadCsv(bytes(s), csvOptions(options), skip).rows];
  },
  csv_dump: (rows, options) => {
    const given = fields(rows);
    const table = Array.isArray(given[0]) ? given.map(fields) : [given];
    return [
      dumpCsv(
        table.map((row) => row.map(fieldText)),
        csvOptions(options),
      ),
    ];
  },
  utf8_len: (s, from, to) => {
    const result = utf8.utf8Length(bytes(s), optional(from), optional(to));
    if ('count' in result) return [result.count];
    const { failure } = result;
    return [undefined, typeof failure === 'string' ? fromByteText(failure) : failure];
  },
  utf8_next: (s, from) => utf8.utf8Next(bytes(s), optional(from)) ?? [],
  utf8_sub: (s, from, to) => [utf8.utf8Sub(bytes(s), number(from), optional(to))],
  utf8_char: (...codes) => [utf8.utf8Char(codes.map(number))],
  utf8_upper: (s) => [utf8.utf8Upper(bytes(s))],
  utf8_lower: (s) => [utf8.utf8Lower(bytes(s))],
  utf8_cmp: (l, r) => [utf8.utf8Compare(bytes(l), bytes(r), false)],
  utf8_casecmp: (l, r) => [utf8.utf8Compare(bytes(l), bytes(r), true)],
  utf8_isalpha: (c) => [utf8.utf8Is('isalpha', c instanceof Uint8Array ? c : number(c))],
  utf8_isdigit: (c) => [utf8.utf8Is('isdigit', number(c))],
  utf8_islower: (c) => [utf8.utf8Is('islower', number(c))],
  utf8_isupper: (c) => [utf8.utf8Is('isupper', number(c))],
  json_number: (n) => json((writer) => writer.number(typeof n === 'bigint' ? n : number(n))),
  json_string: (s) => json((writer) => writer.string(bytes(s))),
  json_decode: (s) => [
    decodeJson<Value>(bytes(s), {
      null: () => undefined,
      boolean: (value) => value,
      integer: integral,
      number: (value) => value,
      string: (value) => value,
      array: (items) => items,
      object: (entries) =>
        entries.length === 0
          ? []
          : new Map(entries.map(([key, value]) => [toByteText(key), value])),
    }),
  ],
  decimal_new: (value) => [newDecimal(value)],
  decimal_scale: (x) => [math.scaleOf(decimal(x))],
  decimal_precision: (x) => [math.precisionOf(decimal(x))],
  decimal_round: (x, scale) => [math.round(decimal(x), number(scale))],
  decimal_rescale: (x, scale) => [math.rescale(decimal(x), number(scale))],
  decimal_lt: (l, r) => [decimal(l).compare(decimal(r)) < 0],
  decimal_eq: (l, r) => [decimal(l).compare(decimal(r)) === 0],
  strftime: (format, at) => [fromByteText(strftime(text(format).slice(1), number(at)))],
};
