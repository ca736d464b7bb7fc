/** Reads C declarations, as `ffi.cdef` and the names of types give them. */
import { LuaError } from '../vm/value.ts';
import { constantOf } from './c-constant.ts';
import { type Field, layOut } from './c-layout.ts';
import { nearError, type Token, tokensOf } from './c-lexer.ts';
import type { CNames } from './c-names.ts';
import { type CType, numeric, qualify, RecordType, voidType } from './ctype.ts';

/** Words of the base types, in any order; the key has them sorted. */
const baseTypes: ReadonlyMap<string, string> = new Map([
  ...['char', 'short', 'int', 'float', 'double', 'bool', '_Bool', 'long'].map(
    (n) => [n, n] as const,
  ),
  ...['signed', 'unsigned'].map((n) => [n, n] as const),
  ...['char signed', 'int8_t'].map((n) => [n, 'char'] as const),
  ['char unsigned', 'unsigned char'],
  ...['int short', 'short signed', 'int short signed'].map((n) => [n, 'short'] as const),
  ...['short unsigned', 'int short unsigned'].map((n) => [n, 'unsigned short'] as const),
  ['int signed', 'int'],
  ['int unsigned', 'unsigned'],
  ...[
    'int long',
    'long signed',
    'long long',
    'int long long',
    'int long signed',
    'long long signed',
    'int long long signed',
  ].map((n) => [n, 'int64_t'] as const),
  ...['long unsigned', 'int long unsigned', 'long long unsigned', 'int long long unsigned'].map(
    (n) => [n, 'uint64_t'] as const,
  ),
  ['double long', 'long double'],
]);
const baseWords = new Set('char short int long float double signed unsigned bool _Bool'.split(' '));
const ignoredWords = new Set(
  'static extern inline register __inline __inline__ __extension__ restrict __restrict __restrict__'.split(
    ' ',
  ),
);
/** Declarations nest; beyond this depth they are refused, as a stack has an end. */
const depthMax = 100;

/** What a declaration names: its type, and whether it makes a type or a constant. */
interface Specifiers {
  readonly type: CType;
  readonly isTypedef: boolean;
  readonly isStatic: boolean;
}

/** Wraps the type that stands before a declarator into the type of what is declared. */
type Wrap = (type: CType) => CType;

/** Reads one text of declarations, or the name of one type. */
export class CParser {
  readonly #names: CNames;
  readonly #tokens: readonly Token[];
  readonly #parameters: CType[];
  #at = 0;
  #depth = 0;
  #isDeclaring = false;

  /** @param parameters types that stand for each `$` of the text */
  constructor(names: CNames, source: string, parameters: readonly CType[] = []) {
    this.#names = names;
    this.#tokens = tokensOf(source);
    this.#parameters = [...parameters];
  }

  /** The type that the whole text names: `const char *`. @throws LuaError */
  typeName(): CType {
    const { type } = this.#specifiers();
    const { wrap, name } = this.#declarator();
    if (name !== undefined) throw nearError("'<eof>' expected", name);
    if (this.#token.kind !== 'end') throw nearError("'<eof>' expected", this.#token);
    return wrap(type);
  }

  /** Declares all that the text declares. @throws LuaError */
  declarations(): void {
    this.#isDeclaring = true;
    while (this.#token.kind !== 'end') {
      if (!this.#takes(';')) this.#declaration();
    }
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? (this.#tokens.at(-1) as Token); // there is always the end
  }

  #isAtEnd(): boolean {
    return this.#token.kind === 'end';
  }

  #next(): Token {
    const token = this.#token;
    this.#at++;
    return token;
  }

  #takes(text: string): boolean {
    if (this.#token.text !== text || this.#token.kind === 'end') return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw nearError(`'${text}' expected`, this.#token);
  }

  #declaration(): void {
    const specifiers = this.#specifiers();
    // The last declaration of a text may go without its end mark.
    if (this.#takes(';') || this.#isAtEnd()) return;
    do {
      const { wrap, name } = this.#declarator();
      if (name === undefined) throw nearError("'<identifier>' expected", this.#token);
      const type = wrap(specifiers.type);
      this.#attributes();
      if (specifiers.isTypedef) this.#names.typedefs.set(name.text, type);
      else if (this.#takes('=')) this.#names.constants.set(name.text, Number(this.#constant()));
      else this.#names.symbols.set(name.text, type);
    } while (this.#takes(','));
    if (this.#token.kind !== 'end') this.#expect(';');
  }

  #specifiers(): Specifiers {
    const qualifiers = new Set<string>();
    const words: string[] = [];
    let type: CType | undefined;
    let isTypedef = false;
    let isStatic = false;
    for (;;) {
      const { text, kind } = this.#token;
      if (kind === 'mark' && text === '$') {
        this.#at++;
        type = this.#parameters.shift();
        if (type === undefined) throw new LuaError('wrong number of type parameters', 'none');
        continue;
      }
      if (kind !== 'name') break;
      if (text === 'typedef') isTypedef = true;
      else if (text === 'const' || text === 'volatile') qualifiers.add(text);
      else if (ignoredWords.has(text)) isStatic ||= text === 'static';
      else if (baseWords.has(text)) {
        if (type !== undefined) break;
        words.push(text);
        if (!baseTypes.has([...words].sort().join(' '))) {
          words.pop();
          break;
        }
      } else if (type !== undefined || words.length > 0) {
        if (!this.#attributes()) break;
        continue;
      } else if (text === 'void') type = voidType;
      else if (text === 'complex' || text === '_Complex') type = { kind: 'complex' };
      else if (text === 'struct' || text === 'union') {
        type = this.#record(text);
        continue;
      } else if (text === 'enum') {
        type = this.#enum();
        continue;
      } else {
        const known = this.#names.typedefs.get(text);
        if (known === undefined) break;
        type = known;
      }
      this.#at++;
    }
    type ??= words.length > 0 ? this.#baseType(words) : undefined;
    if (type === undefined) throw nearError('declaration specifier expected', this.#token);
    return { type: qualify(type, qualifiers), isTypedef, isStatic };
  }

  #baseType(words: readonly string[]): CType {
    const name = baseTypes.get([...words].sort().join(' ')) ?? '';
    return numeric(name === '_Bool' ? 'bool' : name);
  }

  /** Skips `__attribute__((…))`; remembers `packed` and `aligned` for the record under way. */
  #attributes(): { isPacked: boolean; align: number } | undefined {
    let found: { isPacked: boolean; align: number } | undefined;
    while (this.#token.text === '__attribute__' || this.#token.text === '__attribute') {
      found ??= { isPacked: false, align: 1 };
      this.#at++;
      this.#expect('(');
      for (let depth = 1; depth > 0; ) {
        const token = this.#next();
        if (token.kind === 'end') throw nearError("')' expected", token);
        if (token.text === '(') depth++;
        if (token.text === ')') depth--;
        if (/^_*packed_*$/.test(token.text)) found.isPacked = true;
        if (/^_*aligned_*$/.test(token.text) && this.#takes('(')) {
          found.align = Number(this.#constant());
          this.#expect(')');
        }
      }
    }
    return found;
  }

  #record(keyword: 'struct' | 'union'): CType {
    this.#at++;
    let attributes = this.#attributes();
    const tag = this.#token.kind === 'name' ? this.#next().text : undefined;
    if (tag === undefined && this.#token.text !== '{') {
      throw nearError("'<identifier>' expected", this.#token);
    }
    const record = this.#names.record(keyword, tag);
    if (!this.#takes('{')) {
      if (this.#isDeclaring) this.#names.declared.add(record.tag);
      return record;
    }
    if (record.members !== undefined) throw new LuaError(`attempt to redefine '${tag}'`, 'none');
    const fields = this.#nested(() => this.#fields());
    attributes ??= this.#attributes();
    layOut(record, fields, attributes?.isPacked ?? false, attributes?.align ?? 1);
    return record;
  }

  #fields(): Field[] {
    const fields: Field[] = [];
    while (!this.#takes('}')) {
      const { type, isStatic } = this.#specifiers();
      if (this.#takes(';')) {
        if (type instanceof RecordType) fields.push({ name: undefined, type, width: undefined });
        continue;
      }
      do {
        const { wrap, name } = this.#declarator();
        const width = this.#takes(':') ? Number(this.#constant()) : undefined;
        this.#attributes();
        if (isStatic && this.#takes('=')) {
          this.#names.constants.set(name?.text ?? '', Number(this.#constant()));
        } else fields.push({ name: name?.text, type: wrap(type), width });
      } while (this.#takes(','));
      this.#expect(';');
    }
    return fields;
  }

  #enum(): CType {
    this.#at++;
    const tag = this.#token.kind === 'name' ? this.#next().text : undefined;
    if (!this.#takes('{')) {
      const known = this.#names.enums.get(tag ?? '');
      if (known === undefined) throw new LuaError(`undeclared or implicit tag '${tag}'`, 'none');
      return known;
    }
    if (tag !== undefined && this.#names.enums.has(tag)) {
      throw new LuaError(`attempt to redefine '${tag}'`, 'none');
    }
    const values = new Map<string, number>();
    for (let value = 0; !this.#takes('}'); value++) {
      const name = this.#next();
      if (name.kind !== 'name') throw nearError("'<identifier>' expected", name);
      if (this.#takes('=')) value = Number(this.#constant());
      values.set(name.text, value);
      this.#names.constants.set(name.text, value);
      if (!this.#takes(',') && this.#token.text !== '}')
        throw nearError("'}' expected", this.#token);
    }
    const type: CType = { kind: 'enum', tag: tag ?? this.#names.anonymousTag(), values };
    if (tag !== undefined) this.#names.enums.set(tag, type);
    return type;
  }

  /** `*name[3]`: how what is declared is made of the type before it. */
  #declarator(): { wrap: Wrap; name: Token | undefined } {
    const pointers: Wrap[] = [];
    for (;;) {
      if (this.#takes('*')) {
        const qualifiers = new Set<string>();
        for (;;) {
          const { text } = this.#token;
          if (text === 'const' || text === 'volatile') qualifiers.add(text);
          else if (!ignoredWords.has(text)) break;
          this.#at++;
        }
        pointers.push((to) => qualify({ kind: 'pointer', to }, qualifiers));
      } else if (this.#takes('&')) {
        // A reference is the thing itself.
      } else if (this.#attributes() === undefined) break;
    }
    let inner: { wrap: Wrap; name: Token | undefined } = { wrap: (type) => type, name: undefined };
    const following = this.#tokens[this.#at + 1];
    if (this.#token.text === '(' && (following?.text === '*' || following?.text === '(')) {
      this.#at++;
      inner = this.#nested(() => this.#declarator());
      this.#expect(')');
    } else if (this.#token.kind === 'name') inner.name = this.#next();
    const suffixes = this.#suffixes();
    const wrap: Wrap = (type) => {
      let made = type;
      for (const pointer of pointers) made = pointer(made);
      for (const suffix of suffixes.reverse()) made = suffix(made);
      return inner.wrap(made);
    };
    return { wrap, name: inner.name };
  }

  #suffixes(): Wrap[] {
    const suffixes: Wrap[] = [];
    for (;;) {
      if (this.#takes('[')) {
        const isOpen = this.#takes('?') || this.#token.text === ']';
        const length = isOpen ? undefined : Number(this.#constant());
        this.#expect(']');
        suffixes.push((of) => ({ kind: 'array', of, length }));
      } else if (this.#takes('(')) {
        this.#nested(() => this.#arguments());
        suffixes.push((returns) => ({ kind: 'function', returns }));
      } else if (this.#token.text === '__asm__' || this.#token.text === 'asm') {
        while (!this.#takes(')')) if (this.#next().kind === 'end') break;
      } else return suffixes;
    }
  }

  #arguments(): void {
    if (this.#takes(')')) return;
    do {
      if (this.#takes('...')) continue;
      this.#specifiers();
      this.#declarator();
    } while (this.#takes(','));
    this.#expect(')');
  }

  #constant(): bigint {
    const { value, next } = constantOf(this.#tokens, this.#at, this.#names.constants);
    this.#at = next;
    return value;
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > depthMax) throw new LuaError('chunk has too many syntax levels', 'none');
    const result = read();
    this.#depth--;
    return result;
  }
}
