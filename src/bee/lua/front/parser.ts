/**
 * Reads a program by LuaJIT's grammar and in its words, before the engine compiles it. What comes out: an error exactly as
 * LuaJIT reports it, or what the engine must be told besides the text (64-bit literals, the layout of table constructors,
 * repeated keys in `db.cfg{…}`).
 */
import { parseIntegerLiteral } from '../vm/number-parse.ts';
import { modulo, power } from '../vm/operators.ts';
import { Tag } from '../vm/value.ts';
import { Lexer, type Token } from './lexer.ts';
import { FunctionScope } from './scopes.ts';
import { constant, type Expression, stringConstant, TableShapeBuilder } from './table-shape.ts';

const levelsMax = 200;
const other: Expression = { kind: 'other' };
const call: Expression = { kind: 'call' };

const priorities: Readonly<Record<string, readonly [left: number, right: number]>> = {
  '+': [6, 6],
  '-': [6, 6],
  '*': [7, 7],
  '/': [7, 7],
  '%': [7, 7],
  '^': [10, 9],
  '..': [5, 4],
  '~=': [3, 3],
  '==': [3, 3],
  '<': [3, 3],
  '<=': [3, 3],
  '>': [3, 3],
  '>=': [3, 3],
  and: [2, 2],
  or: [1, 1],
};
const unaryPriority = 8;
const blockEnds = new Set(['else', 'elseif', 'end', 'until', '<eof>']);

/** A 64-bit literal: where it stands and what it is. */
export interface LiteralAt {
  readonly start: number;
  readonly end: number;
  readonly value: bigint;
  readonly isUnsigned: boolean;
}

/** An item of a table constructor that is the argument of `db.cfg`; `name` is '' unless it is `name = value`. */
export interface OptionAt {
  readonly name: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

export interface Reading {
  readonly main: FunctionScope;
  readonly literals: readonly LiteralAt[];
  /** The options of each `db.cfg{…}`. */
  readonly configurations: readonly (readonly OptionAt[])[];
  /** Bytes in front of the program proper. */
  readonly skipped: number;
}

/**
 * Reads a whole program.
 * @throws LuaSyntaxError in LuaJIT's words
 */
export function readProgram(bytes: Uint8Array, chunkName: Uint8Array): Reading {
  return new Parser(bytes, chunkName).read();
}

class Parser {
  readonly #lexer: Lexer;
  readonly #literals: LiteralAt[] = [];
  readonly #configurations: OptionAt[][] = [];
  readonly #skipped: number;
  #token: Token;
  #ahead: Token | undefined;
  /** Line on which the token before this one ended. */
  #lastLine = 1;
  /** Where the token before this one ended. */
  #lastEnd = 0;
  #level = 0;
  #scope: FunctionScope;

  constructor(bytes: Uint8Array, chunkName: Uint8Array) {
    this.#lexer = new Lexer(bytes, chunkName);
    this.#skipped = this.#lexer.start;
    this.#scope = new FunctionScope(undefined, 0, true, this.#failPlainly);
    this.#token = this.#lexer.next();
  }

  read(): Reading {
    this.#chunk();
    if (!this.#is('<eof>')) this.#expected('<eof>');
    this.#scope.finish();
    return {
      main: this.#scope,
      literals: this.#literals,
      configurations: this.#configurations,
      skipped: this.#skipped,
    };
  }

  // Tokens.

  #failPlainly = (message: string, line?: number): never =>
    this.#lexer.fail(message, undefined, line);

  #fail(message: string): never {
    return this.#lexer.fail(message, this.#lexer.show(this.#token));
  }

  #expected(type: string): never {
    return this.#fail(`'${type}' expected`);
  }

  #next(): void {
    this.#lastLine = this.#lexer.line;
    this.#lastEnd = this.#token.end;
    if (this.#ahead === undefined) this.#token = this.#lexer.next();
    else this.#token = this.#ahead;
    this.#ahead = undefined;
  }

  #peek(): Token {
    this.#ahead ??= this.#lexer.next();
    return this.#ahead;
  }

  #is(type: string): boolean {
    return this.#token.type === type;
  }

  #optional(type: string): boolean {
    if (!this.#is(type)) return false;
    this.#next();
    return true;
  }

  #check(type: string): void {
    if (!this.#optional(type)) this.#expected(type);
  }

  #match(what: string, opened: string, line: number): void {
    if (this.#optional(what)) return;
    if (line === this.#lexer.line) this.#expected(what);
    this.#fail(`'${what}' expected (to close '${opened}' at line ${line})`);
  }

  /** A name; `goto` is one too where no statement of that kind stands. */
  #isName(token = this.#token): boolean {
    return token.type === '<name>' || token.type === 'goto';
  }

  #name(): string {
    if (!this.#isName()) this.#expected('<name>');
    const { text } = this.#token;
    this.#next();
    return text;
  }

  #enterLevel(): void {
    if (++this.#level >= levelsMax) this.#failPlainly('chunk has too many syntax levels');
  }

  // Statements.

  #chunk(): void {
    this.#enterLevel();
    for (let isLast = false; !isLast && !blockEnds.has(this.#token.type); this.#optional(';')) {
      isLast = this.#statement();
    }
    this.#level--;
  }

  #block(isLoop = false): void {
    this.#scope.enterBlock(isLoop);
    this.#chunk();
    this.#scope.leaveBlock();
  }

  /** Reads one statement; true when it must be the last of its block. */
  #statement(): boolean {
    const line = this.#lexer.line;
    switch (this.#token.type) {
      case 'if':
        this.#if(line);
        return false;
      case 'while':
        this.#next();
        this.#expression();
        this.#check('do');
        this.#block(true);
        this.#match('end', 'while', line);
        return false;
      case 'do':
        this.#next();
        this.#block();
        this.#match('end', 'do', line);
        return false;
      case 'for':
        this.#for(line);
        return false;
      case 'repeat':
        this.#repeat(line);
        return false;
      case 'function':
        this.#functionStatement(line);
        return false;
      case 'local':
        this.#next();
        this.#local();
        return false;
      case 'return':
        this.#next();
        if (!blockEnds.has(this.#token.type) && !this.#is(';')) this.#expressions();
        return true;
      case 'break':
        this.#next();
        this.#scope.break(line);
        return true;
      case '::':
        this.#label();
        return false;
      default:
        if (this.#is('goto') && this.#peek().type === '<name>') {
          this.#next();
          this.#scope.goto(this.#name(), line);
        } else {
          this.#callOrAssignment();
        }
        return false;
    }
  }

  #if(line: number): void {
    do {
      this.#next();
      this.#expression();
      this.#check('then');
      this.#block();
    } while (this.#is('elseif'));
    if (this.#optional('else')) this.#block();
    this.#match('end', 'if', line);
  }

  #repeat(line: number): void {
    this.#next();
    this.#scope.enterBlock(true);
    this.#chunk();
    this.#match('until', 'repeat', line);
    this.#expression();
    this.#scope.leaveBlock();
  }

  #for(line: number): void {
    this.#next();
    const names = [this.#name()];
    this.#scope.enterBlock(false);
    this.#scope.declare(['(for)', '(for)', '(for)']);
    if (this.#optional('=')) {
      this.#expression();
      this.#check(',');
      this.#expression();
      if (this.#optional(',')) this.#expression();
    } else if (this.#is(',') || this.#is('in')) {
      while (this.#optional(',')) names.push(this.#name());
      this.#check('in');
      this.#expressions();
    } else {
      this.#fail("'=' or 'in' expected");
    }
    this.#check('do');
    this.#scope.enterBlock(true);
    this.#scope.declare(names);
    this.#chunk();
    this.#scope.leaveBlock();
    this.#match('end', 'for', line);
    this.#scope.leaveBlock();
  }

  #functionStatement(line: number): void {
    this.#next();
    this.#scope.use(this.#name());
    while (this.#optional('.')) this.#name();
    const isMethod = this.#optional(':');
    if (isMethod) this.#name();
    this.#body(isMethod, line);
  }

  #local(): void {
    if (this.#optional('function')) {
      this.#scope.declare([this.#name()]);
      this.#body(false, this.#lexer.line);
      return;
    }
    const names: string[] = [];
    do {
      names.push(this.#name());
    } while (this.#optional(','));
    if (this.#optional('=')) this.#expressions();
    this.#scope.declare(names);
  }

  #label(): void {
    this.#next();
    this.#scope.label(this.#name());
    this.#check('::');
  }

  #callOrAssignment(): void {
    const first = this.#primary();
    if (first.kind === 'call') return;
    let target: Expression = first;
    for (;;) {
      if (target.kind !== 'variable') this.#fail('syntax error');
      if (!this.#optional(',')) break;
      target = this.#primary();
    }
    this.#check('=');
    this.#expressions();
  }

  // Expressions.

  #expressions(): void {
    do {
      this.#expression();
    } while (this.#optional(','));
  }

  #expression(): Expression {
    return this.#binary(0);
  }

  #binary(limit: number): Expression {
    this.#enterLevel();
    let left = this.#unary();
    for (;;) {
      const operator = this.#token.type;
      const priority = priorities[operator];
      if (priority === undefined || priority[0] <= limit) break;
      this.#next();
      left = folded(operator, left, this.#binary(priority[1]));
    }
    this.#level--;
    return left;
  }

  #unary(): Expression {
    const operator = this.#token.type;
    if (operator !== 'not' && operator !== '-' && operator !== '#') return this.#simple();
    this.#next();
    return foldedUnary(operator, this.#binary(unaryPriority));
  }

  #simple(): Expression {
    const token = this.#token;
    switch (token.type) {
      case '<number>':
        this.#next();
        return this.#number(token);
      case '<string>':
        this.#next();
        return stringConstant(token.text);
      case 'nil':
        this.#next();
        return constant(Tag.NIL, null);
      case 'true':
      case 'false':
        this.#next();
        return constant(Tag.BOOLEAN, token.type === 'true');
      case '...':
        if (!this.#scope.isVararg) this.#fail("cannot use '...' outside a vararg function");
        this.#next();
        return call;
      case '{':
        this.#table(undefined);
        return other;
      case 'function':
        this.#next();
        this.#body(false, this.#lexer.line);
        return other;
      default:
        return this.#primary();
    }
  }

  #number(token: Token): Expression {
    if (token.number !== undefined) return constant(Tag.NUMBER, token.number);
    const literal = parseIntegerLiteral(token.text);
    if (literal !== undefined)
      this.#literals.push({ start: token.start, end: token.end, ...literal });
    return other;
  }

  /** A name or parenthesis and what follows it: fields, indexes, calls. */
  #primary(): Expression {
    let e: Expression;
    if (this.#is('(')) {
      const line = this.#lexer.line;
      this.#next();
      e = this.#expression();
      this.#match(')', '(', line);
      if (e.kind !== 'constant') e = other;
    } else if (this.#isName()) {
      const path = this.#name();
      this.#scope.use(path);
      e = { kind: 'variable', path };
    } else {
      this.#fail('unexpected symbol');
    }
    for (;;) {
      const path = e.kind === 'variable' ? e.path : '';
      switch (this.#token.type) {
        case '.':
          this.#next();
          e = { kind: 'variable', path: `${path}.${this.#name()}` };
          break;
        case '[':
          this.#next();
          this.#expression();
          this.#check(']');
          e = { kind: 'variable', path: '' };
          break;
        case ':':
          this.#next();
          this.#name();
          this.#arguments('');
          e = call;
          break;
        case '(':
        case '<string>':
        case '{':
          this.#arguments(path);
          e = call;
          break;
        default:
          return e;
      }
    }
  }

  #arguments(callee: string): void {
    const options = callee === 'db.cfg' ? [] : undefined;
    if (this.#is('{')) {
      this.#table(options);
    } else if (this.#is('<string>')) {
      this.#next();
    } else if (this.#is('(')) {
      const line = this.#lexer.line;
      if (line !== this.#lastLine) this.#fail('ambiguous syntax (function call x new statement)');
      this.#next();
      if (this.#is('{') && options !== undefined) {
        // The table is read as the beginning of an expression list in any case: db.cfg takes one argument.
        this.#table(options);
        if (!this.#is(')')) this.#expressionsAfterTable();
      } else if (!this.#is(')')) {
        this.#expressions();
      }
      this.#match(')', '(', line);
    } else {
      this.#fail('function arguments expected');
    }
    if (options !== undefined && options.length > 0) this.#configurations.push(options);
  }

  #expressionsAfterTable(): void {
    while (this.#optional(',')) this.#expression();
  }

  #table(options: OptionAt[] | undefined): void {
    const line = this.#lexer.line;
    const shape = new TableShapeBuilder();
    const place = this.#scope.shapes.length;
    this.#scope.shapes.push({ template: undefined, arraySize: 0, hashBits: 0 });
    this.#check('{');
    while (!this.#is('}')) {
      const start = this.#token.start;
      if (this.#is('[')) {
        this.#next();
        const key = this.#expression();
        this.#check(']');
        shape.key(key);
        this.#check('=');
        shape.pair(key, this.#expression());
        options?.push({ name: '', start, valueStart: start, end: this.#lastEnd });
      } else if (this.#isName() && this.#peek().type === '=') {
        const name = this.#name();
        const key = stringConstant(name);
        this.#check('=');
        shape.key(key);
        const valueStart = this.#token.start;
        shape.pair(key, this.#expression());
        options?.push({ name, start, valueStart, end: this.#lastEnd });
      } else {
        shape.positional(this.#expression());
        options?.push({ name: '', start, valueStart: start, end: this.#lastEnd });
      }
      if (!this.#optional(',') && !this.#optional(';')) break;
    }
    this.#match('}', '{', line);
    this.#scope.shapes[place] = shape.finish();
  }

  #body(isMethod: boolean, line: number): void {
    const parameters = isMethod ? ['self'] : [];
    let isVararg = false;
    this.#check('(');
    if (!this.#is(')')) {
      do {
        if (this.#isName()) parameters.push(this.#name());
        else if (this.#optional('...')) isVararg = true;
        else this.#fail("<name> or '...' expected");
      } while (!isVararg && this.#optional(','));
    }
    const outer = this.#scope;
    this.#scope = new FunctionScope(outer, line, isVararg, this.#failPlainly);
    this.#scope.declare(parameters);
    this.#check(')');
    this.#chunk();
    if (!this.#is('end')) this.#match('end', 'function', line);
    this.#scope.finish();
    this.#scope = outer;
    this.#next();
  }
}

/** Arithmetic of two constant numbers is done at compile time, unless NaN or a negative zero comes out. */
function folded(operator: string, left: Expression, right: Expression): Expression {
  if (left.kind !== 'constant' || right.kind !== 'constant') return other;
  if (left.value.type !== Tag.NUMBER || right.value.type !== Tag.NUMBER) return other;
  const result = foldedNumber(operator, Number(left.value.value), Number(right.value.value));
  if (result === undefined || Number.isNaN(result) || Object.is(result, -0)) return other;
  return constant(Tag.NUMBER, result);
}

function foldedNumber(operator: string, a: number, b: number): number | undefined {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return modulo(a, b);
    case '^':
      return power(a, b);
    default:
      return undefined;
  }
}

function foldedUnary(operator: 'not' | '-' | '#', e: Expression): Expression {
  if (e.kind !== 'constant' || operator === '#') return other;
  const { type, value } = e.value;
  if (operator === 'not') {
    return constant(Tag.BOOLEAN, type === Tag.NIL || (type === Tag.BOOLEAN && value === false));
  }
  return type === Tag.NUMBER && value !== 0 ? constant(Tag.NUMBER, -Number(value)) : other;
}
