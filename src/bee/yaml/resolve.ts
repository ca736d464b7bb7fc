/** How a plain scalar reads: the two sides, `yaml.encode` that must quote and `yaml.decode` that must convert, ask here. */

/** @returns whether a plain scalar with this text would not come back as the string it is */
export function readsAsOther(text: string): boolean {
  return isNull(text) || booleanOf(text) !== undefined || isLuaNumber(text);
}

/** @returns whether the text stands for null; 'Null', 'NULL' and the empty text do not */
export function isNull(text: string): boolean {
  return text === 'null' || text === '~';
}

/** @returns undefined where the text is no truth value; tarantool takes only four words of YAML 1.1 */
export function booleanOf(text: string): boolean | undefined {
  if (text === 'true' || text === 'yes') return true;
  if (text === 'false' || text === 'no') return false;
  return undefined;
}

const luaNumber =
  /^[ \t-\r]*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|0x(?:[\da-f]+\.?[\da-f]*|\.[\da-f]+)(?:p[+-]?\d+)?|0b[01]+|inf(?:inity)?|nan)[ \t-\r]*\0?$/i;

/** @returns whether LuaJIT's `tonumber` would take the text: decimal, hex, binary, inf and nan, blanks around allowed */
function isLuaNumber(text: string): boolean {
  return luaNumber.test(text);
}
