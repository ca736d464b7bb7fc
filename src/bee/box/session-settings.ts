import { encode } from '../wire/msgpack.ts';
import { clientError } from './error.ts';
import type { TupleFormat } from './format.ts';
import { type DupMode, Index, type IndexHost, IteratorType, type TupleIterator } from './index.ts';
import type { IndexDef } from './index-def.ts';
import { textAt } from './json-path.ts';
import { dataLength, dataStart } from './mp-compare.ts';
import type { Session } from './session.ts';
import { Tuple } from './tuple.ts';

/** Settings of a session, in the order of their names, with their values at its beginning. */
export const sessionSettings: readonly (readonly [string, boolean | string])[] = [
  ['error_marshaling_enabled', false],
  ['sql_default_engine', 'memtx'],
  ['sql_defer_foreign_keys', false],
  ['sql_full_column_names', false],
  ['sql_full_metadata', false],
  ['sql_parser_debug', false],
  ['sql_recursive_triggers', true],
  ['sql_reverse_unordered_selects', false],
  ['sql_select_debug', false],
  ['sql_vdbe_debug', false],
];

const sqlEngines: ReadonlySet<boolean | string> = new Set(['memtx', 'vinyl']);

/** The one index of `_session_settings`, which shows the settings of whoever asks. */
export class IndexSessionSettings extends Index {
  readonly #session: () => Session;
  readonly #format: TupleFormat;

  constructor(def: IndexDef, host: IndexHost, format: TupleFormat, session: () => Session) {
    super(def, host);
    this.#format = format;
    this.#session = session;
  }

  get length(): number {
    throw this.unsupported('size()');
  }

  get bsize(): number {
    return 0;
  }

  get(key: Uint8Array, pos: number): Tuple | undefined {
    const name = textAt(key, dataStart(key, pos), dataLength(key, pos));
    return this.#tupleOf(name);
  }

  replace(_old: Tuple | undefined, _new: Tuple | undefined, _mode: DupMode): Tuple | undefined {
    throw clientError('UNSUPPORTED', 'Session_settings space', 'replace()');
  }

  override count(type: number, key: Uint8Array, pos: number, partCount: number): number {
    const iterator = this.iterator(type, key, pos, partCount);
    let count = 0;
    while (iterator.next() !== undefined) count++;
    return count;
  }

  iterator(type: number, key: Uint8Array, pos: number, partCount: number): TupleIterator {
    if (type > IteratorType.GT) throw this.unsupported('requested iterator type');
    const wanted =
      partCount === 0 ? undefined : textAt(key, dataStart(key, pos), dataLength(key, pos));
    const names = sessionSettings.map(([name]) => name).filter((name) => isIn(name, type, wanted));
    const isReverse =
      type === IteratorType.REQ || type === IteratorType.LT || type === IteratorType.LE;
    if (isReverse) names.reverse();
    let at = 0;
    return {
      next: () => {
        const name = names[at++];
        return name === undefined ? undefined : this.#tupleOf(name);
      },
    };
  }

  /** Sets a value. @throws SESSION_SETTING_INVALID_VALUE */
  set(name: string, value: unknown): void {
    const known = sessionSettings.find(([candidate]) => candidate === name)?.[1];
    if (
      typeof value !== typeof known ||
      (typeof value !== 'boolean' && typeof value !== 'string')
    ) {
      const type = typeof known === 'boolean' ? 'boolean' : 'string';
      throw clientError('SESSION_SETTING_INVALID_VALUE', name, type);
    }
    if (name === 'sql_default_engine' && !sqlEngines.has(value)) {
      throw clientError('NO_SUCH_ENGINE', String(value));
    }
    this.#session().settings.set(name, value);
  }

  #tupleOf(name: string): Tuple | undefined {
    const known = sessionSettings.find(([candidate]) => candidate === name);
    if (known === undefined) return undefined;
    const bytes = encode([name, this.#session().settings.get(name) ?? known[1]]);
    return new Tuple(bytes, 0, bytes.length, this.#format);
  }
}

function isIn(name: string, type: number, key: string | undefined): boolean {
  if (key === undefined) return true;
  switch (type) {
    case IteratorType.EQ:
    case IteratorType.REQ:
      return name === key;
    case IteratorType.GT:
      return name > key;
    case IteratorType.LT:
      return name < key;
    case IteratorType.LE:
      return name <= key;
    default:
      return name >= key;
  }
}
