import type { Data } from './types.ts';

/**
 * Reads a value as a check writes it after `-->`: nil, true, 1, 'text', {1, 'a'}, {status =
 * 'follow'}.
 * @returns undefined when the text is no such literal
 */
export function parseData(text: string): { readonly data: Data } | undefined {
  const reader = new LiteralReader(text);
  const data = reader.value();
  return data === undefined || !reader.isAtEnd() ? undefined : { data };
}

/** A value in the words of the Lua console, for "found … expected …". */
export function dataText(data: Data): string {
  if (data === null) return 'nil';
  if (typeof data === 'string') return `'${data}'`;
  if (typeof data !== 'object') return String(data);
  if (isList(data)) return `{${data.map(dataText).join(', ')}}`;
  return `{${Object.entries(data)
    .map(([key, value]) => `${key} = ${dataText(value)}`)
    .join(', ')}}`;
}

/**
 * Equal in kind and content; the order of a map's keys does not count, an empty list equals an
 * empty map as in Lua.
 */
export function sameData(one: Data, other: Data): boolean {
  if (one === other) return true;
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') {
    return false;
  }
  const ones = Object.entries(one);
  const others = new Map(Object.entries(other));
  if (ones.length !== others.size) return false;
  if (ones.length > 0 && isList(one) !== isList(other)) return false;
  return ones.every(([key, value]) => {
    const there = others.get(key);
    return there !== undefined && sameData(value, there);
  });
}

/** What a probe handed over, as Data; anything that JSON does not have becomes its text. */
export function toData(value: unknown): Data {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') {
    return value;
  }
  if (Array.isArray(value)) return value.map(toData);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toData(inner)]));
  }
  return String(value);
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(data: Data): data is readonly Data[] {
  return Array.isArray(data);
}

/**
 * A recursive descent over one literal; every method returns undefined where the text is not what
 * it reads.
 */
class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#take(/\s*/y);
    return this.#at === this.#text.length;
  }

  value(): Data | undefined {
    this.#take(/\s*/y);
    const word = this.#take(/nil\b|true\b|false\b/y);
    if (word !== undefined) return word === 'nil' ? null : word === 'true';
    const digits = this.#take(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/y);
    if (digits !== undefined) return Number(digits);
    const quoted = this.#take(/'[^']*'|"[^"]*"/y);
    if (quoted !== undefined) return quoted.slice(1, -1);
    return this.#take(/\{/y) === undefined ? undefined : this.#table();
  }

  #table(): Data | undefined {
    const list: Data[] = [];
    const map: Record<string, Data> = {};
    for (;;) {
      this.#take(/\s*/y);
      if (this.#take(/\}/y) !== undefined) break;
      const key = this.#take(/[A-Za-z_]\w*(?=\s*=)/y);
      if (key !== undefined) this.#take(/\s*=/y);
      const value = this.value();
      if (value === undefined) return undefined;
      if (key === undefined) list.push(value);
      else map[key] = value;
      this.#take(/\s*/y);
      if (this.#take(/,/y) === undefined && this.#text[this.#at] !== '}') return undefined;
    }
    if (Object.keys(map).length === 0) return list;
    return list.length === 0 ? map : undefined;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
