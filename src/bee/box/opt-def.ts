import type { MsgpackReader } from '../wire/msgpack.ts';
import type { ErrorName } from './errcode.ts';
import { clientError } from './error.ts';

/** How an option in a definition's map (`_space.flags`, `_index.opts`, a part, a field) is read. */
export type OptType = 'boolean' | 'unsigned' | 'integer' | 'float' | 'string' | 'enum' | 'legacy';

/** What options there are. An enum's reader turns the text into the value, undefined when there is none such. */
export type OptRegistry = Readonly<Record<string, OptType>>;

/** A decoded option. A legacy option is skipped. */
export type OptValue = boolean | number | string;

/** Which error an option's trouble becomes, and the field number that it names. */
export interface OptErrors {
  readonly error: ErrorName;
  readonly fieldNo: number;
}

/** Reads one option's value; throws when it has the wrong type, or when there is no such option. */
export function readOpt(
  registry: OptRegistry,
  key: string,
  reader: MsgpackReader,
  errors: OptErrors,
  skipUnknown = false,
): OptValue | undefined {
  const type = Object.hasOwn(registry, key) ? registry[key] : undefined;
  if (type === undefined) {
    if (!skipUnknown) {
      throw clientError(errors.error, errors.fieldNo, `unexpected option '${key}'`);
    }
    reader.skip();
    return undefined;
  }
  const value = readValue(type, reader);
  if (value === null) throw clientError(errors.error, errors.fieldNo, `'${key}' must be ${type}`);
  return value;
}

/** Reads a whole map of options. */
export function readOpts(
  registry: OptRegistry,
  reader: MsgpackReader,
  errors: OptErrors,
): Map<string, OptValue> {
  const opts = new Map<string, OptValue>();
  for (let left = reader.readMapHeader(); left > 0; left--) {
    if (reader.type() !== 'str') {
      throw clientError(errors.error, errors.fieldNo, 'key must be a string');
    }
    const key = reader.readStr();
    const value = readOpt(registry, key, reader, errors);
    if (value !== undefined) opts.set(key, value);
  }
  return opts;
}

/** @returns null for a value of the wrong type, undefined for one that is skipped */
function readValue(type: OptType, reader: MsgpackReader): OptValue | undefined | null {
  const found = reader.type();
  switch (type) {
    case 'boolean':
      return found === 'bool' ? reader.readBool() : null;
    case 'unsigned': {
      if (found !== 'uint') return null;
      const value = Number(reader.readInteger());
      return value <= 0xffffffff ? value : null;
    }
    case 'integer': {
      if (!isNumber(found)) return null;
      const value = Number(reader.readNumber());
      return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? value : null;
    }
    case 'float':
      return isNumber(found) ? Number(reader.readNumber()) : null;
    case 'string':
    case 'enum':
      return found === 'str' ? reader.readStr() : null;
    case 'legacy':
      reader.skip();
      return undefined;
  }
}

function isNumber(type: string): boolean {
  return type === 'uint' || type === 'int' || type === 'float' || type === 'double';
}
