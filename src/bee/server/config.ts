import { withoutPassword } from '../base/uri.ts';
import { clientError } from '../box/error.ts';
import { type OptionValue, olderNames, optionRules } from './config-options.ts';

/** What a `db.cfg` call was given, or asks to change: by 2.6.0's name; undefined sets an option back to its default. */
export type OptionChanges = ReadonlyMap<string, OptionValue | undefined>;

/**
 * The options in force. Both generations of names are taken (`replication_source` and `replication`), and the name that was
 * used is the one that answers, errors and log lines go on to use: a reader of the manual is not corrected in mid-lesson.
 */
export class Config {
  readonly #values = new Map<string, OptionValue>();
  readonly #usedNames = new Map<string, string>();

  constructor() {
    for (const [name, rule] of Object.entries(optionRules)) {
      if (rule.initial !== undefined) this.#values.set(name, rule.initial);
    }
  }

  /** The value in force, by either generation's name; undefined when the option is not set. */
  get(name: string): OptionValue | undefined {
    return this.#values.get(olderNames[name]?.name ?? name);
  }

  number(name: string): number {
    return Number(this.get(name) ?? Number.POSITIVE_INFINITY);
  }

  text(name: string): string {
    return String(this.get(name) ?? '');
  }

  flag(name: string): boolean {
    return this.get(name) === true;
  }

  /** The replication sources, each as it was written. */
  get sources(): readonly string[] {
    const value = this.get('replication');
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** All options that are set, under the names that were used for them. */
  entries(): readonly (readonly [string, OptionValue])[] {
    return [...this.#values].map(([name, value]) => [this.usedName(name), value]);
  }

  /** The name under which an option was last given. */
  usedName(name: string): string {
    return this.#usedNames.get(name) ?? name;
  }

  /**
   * Reads a call's options and refuses what is wrong, changing nothing.
   * @param given names of either generation; undefined or '' asks for the default
   * @param isConfigured true for every call after the first: static options are then refused when they differ
   * @throws ClientError ER_CFG or ER_RELOAD_CFG, naming the option as it was given
   */
  prepare(
    given: ReadonlyMap<string, OptionValue | undefined>,
    isConfigured: boolean,
  ): OptionChanges {
    const changes = new Map<string, OptionValue | undefined>();
    const names = new Map<string, string>();
    for (const [givenName, value] of given) {
      const older = olderNames[givenName];
      const name = older?.name ?? givenName;
      const rule = optionRules[name];
      if (rule === undefined) throw clientError('CFG', givenName, 'unexpected option');
      const translated = older?.translate && value !== undefined ? older.translate(value) : value;
      const other = names.get(name);
      if (other !== undefined && !isSame(changes.get(name), normal(name, translated))) {
        const olderName = older === undefined ? other : givenName;
        throw clientError('CFG', olderName, 'can not override a value for a deprecated option');
      }
      names.set(name, givenName);
      // What a running server cannot change is refused for that, whatever else is wrong with it.
      const isFixed = isConfigured && !rule.isDynamic;
      changes.set(name, this.#checked(name, givenName, translated, isFixed));
      if (isFixed && !this.#wouldKeep(name, changes.get(name))) {
        throw clientError('RELOAD_CFG', givenName);
      }
    }
    for (const [name, givenName] of names) this.#usedNames.set(name, givenName);
    return changes;
  }

  /** Puts a prepared value in force. Returns false when it was in force already. */
  set(name: string, value: OptionValue | undefined): boolean {
    if (isSame(this.#values.get(name), value)) return false;
    if (value === undefined) this.#values.delete(name);
    else this.#values.set(name, value);
    return true;
  }

  /** What a log line says of a value: JSON, and no passwords. */
  describe(name: string, value: OptionValue | undefined): string {
    if (value === undefined) return 'null';
    const sources = Array.isArray(value) ? value : [value];
    const shown =
      name === 'replication' ? sources.map((source) => withoutPassword(String(source))) : value;
    // As the real server's `json` writes it.
    return JSON.stringify(shown).replaceAll('/', '\\/');
  }

  #checked(
    name: string,
    givenName: string,
    value: OptionValue | undefined,
    isTypeEnough: boolean,
  ): OptionValue | undefined {
    const rule = optionRules[name];
    if (value === undefined || value === '' || rule === undefined) {
      return name === 'replication' && value === '' ? [] : rule?.initial;
    }
    const type = Array.isArray(value) ? 'table' : typeof value;
    if (!rule.types.split(', ').includes(type)) {
      const words = rule.types.includes(',') ? 'should be one of types' : 'should be of type';
      throw clientError('CFG', givenName, `${words} ${rule.types}`);
    }
    const refusal = isTypeEnough ? undefined : rule.refuse?.(value);
    if (refusal !== undefined) throw clientError('CFG', givenName, refusal);
    return normal(name, value);
  }

  #wouldKeep(name: string, value: OptionValue | undefined): boolean {
    return isSame(this.#values.get(name), value);
  }
}

/** A port number becomes text, and one replication source a list of one, as in the real server. */
function normal(name: string, value: OptionValue | undefined): OptionValue | undefined {
  if (value === undefined) return undefined;
  if (name === 'listen') return String(value);
  if (name !== 'replication') return value;
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

function isSame(one: OptionValue | undefined, other: OptionValue | undefined): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other;
  return one.length === other.length && one.every((value, at) => value === other[at]);
}
