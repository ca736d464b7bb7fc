/** Words and marks of C declarations. */
import { LuaError } from '../vm/value.ts';

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'mark' | 'end';
  readonly text: string;
  readonly line: number;
}

const tokenPattern =
  /(?<space>\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<name>[A-Za-z_]\w*)|(?<number>0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)')|(?<mark><<|>>|&&|\|\||[=!<>]=|\.\.\.|->|[\s\S])/gy;

/** Cuts a text of declarations into tokens; the last one is of the kind 'end'. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (const match of source.matchAll(tokenPattern)) {
    const { name, number, string, mark } = match.groups ?? {};
    const text = match[0];
    if (name !== undefined) tokens.push({ kind: 'name', text, line });
    else if (number !== undefined) tokens.push({ kind: 'number', text, line });
    else if (string !== undefined) tokens.push({ kind: 'string', text, line });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text, line });
    line += text.split('\n').length - 1;
  }
  tokens.push({ kind: 'end', text: '<eof>', line });
  return tokens;
}

/** "… near 'x' at line 2", as LuaJIT says what is wrong with a declaration. */
export function nearError(message: string, token: Token): LuaError {
  const where = token.line > 1 ? ` at line ${token.line}` : '';
  return new LuaError(`${message} near '${token.text}'${where}`, 'none');
}
