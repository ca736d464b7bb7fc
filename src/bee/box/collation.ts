import { decodeUtf8 } from '../wire/utf8.ts';
import { clientError } from './error.ts';
import { checkIdentifier, isNameTooLong } from './identifier.ts';
import { type OptRegistry, type OptValue, readOpts } from './opt-def.ts';
import type { Tuple } from './tuple.ts';
import { fieldMap, fieldString, fieldUint32 } from './tuple-field.ts';

/**
 * Orders of strings by the rules of languages. The real server uses ICU; so does every JavaScript engine, behind `Intl.Collator`.
 *
 * What the real server does and Bee does not: the strengths `quaternary` and `identical` are told apart from `tertiary` by byte
 * order only, `french_collation` and `normalization_mode` have no effect (the engine normalises always).
 */

/** What a tuple of `_collation` says. */
export interface CollationDef {
  readonly id: number;
  readonly name: string;
  readonly owner: number;
  readonly type: 'ICU' | 'BINARY';
  readonly locale: string;
  readonly opts: ReadonlyMap<string, string>;
}

/** An order of strings. */
export interface Collation {
  readonly id: number;
  readonly name: string;
  readonly owner: number;
  /** Strings are equal only when their bytes are. */
  readonly isBinary: boolean;
  /** Compares two strings given as UTF-8. */
  compare(a: Uint8Array, b: Uint8Array): number;
}

const optsRegistry: OptRegistry = {
  french_collation: 'enum',
  alternate_handling: 'enum',
  case_first: 'enum',
  case_level: 'enum',
  normalization_mode: 'enum',
  strength: 'enum',
  numeric_collation: 'enum',
};

/** Values of each option, and how the error lists them. */
const optValues: Readonly<Record<string, readonly string[]>> = {
  french_collation: ['ON', 'OFF'],
  alternate_handling: ['NON_IGNORABLE', 'SHIFTED'],
  case_first: ['OFF', 'UPPER_FIRST', 'LOWER_FIRST'],
  case_level: ['ON', 'OFF'],
  normalization_mode: ['ON', 'OFF'],
  strength: ['PRIMARY', 'SECONDARY', 'TERTIARY', 'QUATERNARY', 'IDENTICAL'],
  numeric_collation: ['ON', 'OFF'],
};

const localeLengthMax = 30;

/** Reads a tuple of `_collation`. */
export function decodeCollationDef(tuple: Tuple): CollationDef {
  const refuse = (reason: string): Error => clientError('CANT_CREATE_COLLATION', reason);
  const id = fieldUint32(tuple, 0);
  const name = fieldString(tuple, 1);
  if (isNameTooLong(name)) throw refuse('collation name is too long');
  checkIdentifier(name);
  const owner = fieldUint32(tuple, 2);
  const type = fieldString(tuple, 3).toUpperCase();
  if (type !== 'ICU' && type !== 'BINARY') throw refuse('unknown collation type');
  const locale = fieldString(tuple, 4);
  if (locale.length > localeLengthMax) throw refuse('collation locale is too long');
  if (locale !== '') checkIdentifier(locale);
  const reader = fieldMap(tuple, 5);
  const errors = { error: 'WRONG_COLLATION_OPTIONS', fieldNo: 5 } as const;
  const found = readOpts(optsRegistry, reader, errors);
  const opts = new Map<string, string>();
  for (const [option, values] of Object.entries(optValues)) {
    const value = optionOf(found.get(option), values);
    if (value === undefined) {
      throw refuse(`ICU wrong ${option} option setting, expected ${values.join(' | ')}`);
    }
    opts.set(option, value);
  }
  return { id, name, owner, type, locale, opts };
}

/** The value in capitals, '' when it was not given, undefined when there is none such. */
function optionOf(value: OptValue | undefined, values: readonly string[]): string | undefined {
  if (value === undefined) return '';
  const upper = String(value).toUpperCase();
  return values.includes(upper) ? upper : undefined;
}

/** Makes the order that a definition describes. */
export function makeCollation(def: CollationDef): Collation {
  const { id, name, owner } = def;
  if (def.type === 'BINARY') return { id, name, owner, isBinary: true, compare: compareBytes };
  // Made when it is first needed: there are 277 of them, and one takes 2 ms.
  let collator: Intl.Collator | undefined;
  const strength = def.opts.get('strength');
  const isFine = strength === 'QUATERNARY' || strength === 'IDENTICAL';
  return {
    id,
    name,
    owner,
    isBinary: false,
    compare: (a, b) => {
      collator ??= makeCollator(def);
      const result = collator.compare(decodeUtf8(a, 0, a.length), decodeUtf8(b, 0, b.length));
      return result === 0 && isFine ? compareBytes(a, b) : result;
    },
  };
}

function makeCollator(def: CollationDef): Intl.Collator {
  const options: Intl.CollatorOptions = {
    usage: 'sort',
    sensitivity: sensitivityOf(def),
    numeric: def.opts.get('numeric_collation') === 'ON',
    ignorePunctuation: def.opts.get('alternate_handling') === 'SHIFTED',
  };
  const caseFirst = def.opts.get('case_first');
  if (caseFirst === 'UPPER_FIRST') options.caseFirst = 'upper';
  if (caseFirst === 'LOWER_FIRST') options.caseFirst = 'lower';
  // English has no rules of its own: it stands for the root order, whatever the host's language is.
  const locale = def.locale === '' ? 'en' : def.locale.replaceAll('_', '-');
  try {
    return new Intl.Collator(locale, options);
  } catch {
    // Not a language tag. ICU falls back to the root order, too.
    return new Intl.Collator('en', options);
  }
}

function sensitivityOf(def: CollationDef): 'base' | 'accent' | 'case' | 'variant' {
  switch (def.opts.get('strength')) {
    case 'PRIMARY':
      return def.opts.get('case_level') === 'ON' ? 'case' : 'base';
    case 'SECONDARY':
      return 'accent';
    default:
      return 'variant';
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let at = 0; at < common; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
