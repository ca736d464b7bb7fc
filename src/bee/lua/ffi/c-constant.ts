/** Constant expressions in declarations: lengths of arrays, values of enums. */
import { nearError, type Token } from './c-lexer.ts';

const levels: readonly (readonly string[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

class ConstantReader {
  readonly #tokens: readonly Token[];
  readonly #constants: ReadonlyMap<string, number>;
  at: number;

  constructor(tokens: readonly Token[], at: number, constants: ReadonlyMap<string, number>) {
    this.#tokens = tokens;
    this.#constants = constants;
    this.at = at;
  }

  binary(level = 0): bigint {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let value = this.binary(level + 1);
    for (;;) {
      const { text } = this.#token;
      if (!operators.includes(text)) return value;
      this.at++;
      value = combine(text, value, this.binary(level + 1), this.#token);
    }
  }

  get #token(): Token {
    return this.#tokens[this.at] ?? (this.#tokens.at(-1) as Token); // there is always the end
  }

  #unary(): bigint {
    const token = this.#token;
    this.at++;
    if (token.kind === 'number') return BigInt(octal(token.text.replace(/[uUlL]+$/, '')));
    if (token.kind === 'string') return BigInt(token.text.codePointAt(1) ?? 0);
    if (token.text === '-') return -this.#unary();
    if (token.text === '+') return this.#unary();
    if (token.text === '~') return ~this.#unary();
    if (token.text === '!') return this.#unary() === 0n ? 1n : 0n;
    if (token.text === '(') {
      const value = this.binary();
      if (this.#token.text !== ')') throw nearError("')' expected", this.#token);
      this.at++;
      return value;
    }
    const known = token.kind === 'name' ? this.#constants.get(token.text) : undefined;
    if (known === undefined) throw nearError('unexpected symbol', token);
    return BigInt(known);
  }
}

function octal(text: string): string {
  return /^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text;
}

function combine(operator: string, a: bigint, b: bigint, near: Token): bigint {
  switch (operator) {
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '&':
      return a & b;
    case '<<':
      return BigInt.asIntN(64, a << (b & 63n));
    case '>>':
      return a >> (b & 63n);
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    default:
      if (b === 0n) throw nearError('invalid value', near);
      return operator === '/' ? a / b : a % b;
  }
}

/**
 * Reads the constant expression that begins at a token.
 * @returns its value and the place of the token behind it
 * @throws LuaError
 */
export function constantOf(
  tokens: readonly Token[],
  at: number,
  constants: ReadonlyMap<string, number>,
): { value: bigint; next: number } {
  const reader = new ConstantReader(tokens, at, constants);
  const value = reader.binary();
  return { value, next: reader.at };
}
