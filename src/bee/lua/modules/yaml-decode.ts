/** A reader for YAML as the real server's clients write it: block and flow lists and maps, the scalar styles, no tags but binary. */
import { decodeBase64 } from '../../wire/base64.ts';
import { booleanOf, isNull } from '../../yaml/resolve.ts';
import { metatables, nullPointer } from '../conversions.ts';
import { Int64 } from '../vm/cdata.ts';
import { boolean, bytesValue, callerError, createTable, data, number, table } from '../vm/host.ts';
import { parseIntegerLiteral, parseNumberText } from '../vm/number-parse.ts';
import { LuaTable } from '../vm/table.ts';
import { type Slot, Tag, text, utf8 } from '../vm/value.ts';

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** All documents of a text. @throws LuaError when it is not understood */
export function decodeYaml(source: Uint8Array): Slot[] {
  const documents = text(source).split(/^---(?=\s|$)/m);
  if (documents.length > 1 && (documents[0] ?? '').trim() === '') documents.shift();
  return documents.map((document) => new Reader(document).document());
}

class Reader {
  readonly #lines: Line[] = [];
  #at = 0;

  constructor(source: string) {
    for (const raw of source.split('\n')) {
      if (raw === '...') break;
      this.#lines.push({ indent: raw.length - raw.trimStart().length, text: raw });
    }
  }

  document(): Slot {
    const first = this.#lines[0];
    if (first !== undefined && first.text.trim() !== '' && first.indent > 0) {
      // `--- value` on the marker's own line.
      const rest = first.text.trim();
      this.#at = 1;
      if (this.#skipBlank() === undefined) return this.#inline(rest);
      this.#at = 0;
    }
    const line = this.#skipBlank();
    return line === undefined ? stringSlot('') : this.#block(line.indent);
  }

  #skipBlank(): Line | undefined {
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at];
      if (line === undefined) return undefined;
      const content = line.text.trim();
      if (content !== '' && !content.startsWith('#')) return line;
    }
    return undefined;
  }

  #block(indent: number): Slot {
    const line = this.#skipBlank();
    if (line === undefined || line.indent < indent) return nullSlot();
    const content = line.text.trim();
    if (content === '-' || content.startsWith('- ')) return this.#list(line.indent);
    if (keyEnd(content) >= 0) return this.#map(line.indent);
    this.#at++;
    return this.#continued(content, indent);
  }

  #list(indent: number): Slot {
    const items: Slot[] = [];
    for (;;) {
      const line = this.#skipBlank();
      if (line === undefined || line.indent !== indent) break;
      const content = line.text.trim();
      if (content !== '-' && !content.startsWith('- ')) break;
      items.push(this.#after(line, content.slice(1), indent));
    }
    const result = createTable(items.length);
    result.metatable = metatables.seq;
    items.forEach((item, at) => result.setNumber(at + 1, item));
    return table(result);
  }

  /** What follows an indicator: on the same line, or deeper on the next ones. */
  #after(line: Line, rest: string, indent: number): Slot {
    const content = rest.trim();
    if (content === '') {
      this.#at++;
      const next = this.#skipBlank();
      if (next === undefined || next.indent < indent) return nullSlot();
      const isList = next.text.trim().startsWith('-');
      if (next.indent === indent && !isList) return nullSlot();
      return this.#block(next.indent);
    }
    const nested =
      line.text.length - line.text.trimStart().length + 1 + (rest.length - rest.trimStart().length);
    if (content === '-' || content.startsWith('- ') || keyEnd(content) >= 0) {
      this.#lines[this.#at] = { indent: nested, text: ' '.repeat(nested) + content };
      return this.#block(nested);
    }
    this.#at++;
    return this.#continued(content, indent + 1);
  }

  #map(indent: number): Slot {
    const result = new LuaTable(0, 0);
    result.metatable = metatables.map;
    for (;;) {
      const line = this.#skipBlank();
      if (line === undefined || line.indent !== indent) break;
      const content = line.text.trim();
      const end = keyEnd(content);
      if (end < 0) break;
      const key = this.#inline(content.slice(0, end));
      const rest = content.slice(end + 1);
      const value = this.#mapValue(line, rest, indent);
      if (key.type !== Tag.NIL) result.set(key, value);
    }
    return table(result);
  }

  #mapValue(line: Line, rest: string, indent: number): Slot {
    const content = rest.trim();
    if (content !== '') {
      this.#at++;
      return this.#continued(content, indent + 1);
    }
    return this.#after(line, '', indent);
  }

  /** A scalar or flow value that may go on on deeper lines. */
  #continued(content: string, indent: number): Slot {
    if (/^[|>]/.test(content)) return this.#literal(content, indent);
    let whole = content;
    while (!isComplete(whole)) {
      const line = this.#lines[this.#at];
      if (line === undefined) throw callerError('found unexpected end of stream');
      this.#at++;
      whole +=
        line.text.trim() === ''
          ? '\n'
          : whole.endsWith('\n')
            ? line.text.trim()
            : ` ${line.text.trim()}`;
    }
    if (!/^['"[{]/.test(whole)) {
      for (;;) {
        const line = this.#lines[this.#at];
        if (line === undefined || line.text.trim() === '' || line.indent < indent) break;
        whole += ` ${line.text.trim()}`;
        this.#at++;
      }
    }
    return this.#inline(whole);
  }

  #literal(head: string, indent: number): Slot {
    const lines: string[] = [];
    let own = -1;
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at];
      if (line === undefined) break;
      if (line.text.trim() !== '') {
        if (line.indent < indent) break;
        if (own < 0) own = line.indent;
      }
      lines.push(line.text.slice(Math.max(own, 0)));
    }
    while (lines.at(-1)?.trim() === '') lines.pop();
    const body = head.startsWith('|') ? lines.join('\n') : lines.join(' ');
    return stringSlot(head.includes('-') ? body : `${body}\n`);
  }

  #inline(source: string): Slot {
    const flow = new Flow(source);
    return flow.whole();
  }
}

/** Where the colon of `key:` stands; −1 when the line is no pair. */
function keyEnd(content: string): number {
  if (/^['"]/.test(content)) {
    const end = content.indexOf(content.charAt(0), 1);
    return end > 0 && /^:(\s|$)/.test(content.slice(end + 1)) ? end + 1 : -1;
  }
  if (/^[[{]/.test(content)) return -1;
  const match = /:(\s|$)/.exec(content);
  return match === null ? -1 : match.index;
}

/** Whether quotes and brackets are closed. */
function isComplete(content: string): boolean {
  const first = content.charAt(0);
  if (first === "'") return /^'(?:[^']|'')*'\s*(#.*)?$/s.test(content);
  if (first === '"') return /^"(?:[^"\\]|\\.)*"\s*(#.*)?$/s.test(content);
  if (first !== '[' && first !== '{') return true;
  const bare = content.replace(/'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"/gs, '');
  const opened = (bare.match(/[[{]/g) ?? []).length;
  return opened === (bare.match(/[\]}]/g) ?? []).length;
}

/** Values on one line. */
class Flow {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): Slot {
    const binary = /^!!binary\s+(\S+)/.exec(this.#source);
    if (binary !== null) return bytesSlot(decodeBase64(binary[1] ?? ''));
    const string = /^!!str\s+(.*)$/s.exec(this.#source);
    if (string !== null) return stringSlot(string[1] ?? '');
    if (/^['"[{]/.test(this.#source)) return this.#value();
    return plain(this.#source.replace(/\s+#.*$/, '').trim());
  }

  #space(): void {
    while (/\s/.test(this.#source.charAt(this.#at))) this.#at++;
  }

  #value(): Slot {
    this.#space();
    switch (this.#source.charAt(this.#at)) {
      case '[':
        return this.#list();
      case '{':
        return this.#map();
      case "'":
      case '"':
        return stringSlot(this.#quoted());
      default: {
        const match = /^(?:[^,[\]{}:]|:(?!\s|$))+/.exec(this.#source.slice(this.#at));
        this.#at += match?.[0].length ?? 1;
        const word = match?.[0].trim() ?? '';
        const binary = /^!!binary\s+(\S+)/.exec(word);
        return binary === null ? plain(word) : bytesSlot(decodeBase64(binary[1] ?? ''));
      }
    }
  }

  #quoted(): string {
    const quote = this.#source.charAt(this.#at);
    const form = quote === "'" ? /^'((?:[^']|'')*)'/s : /^"((?:[^"\\]|\\.)*)"/s;
    const match = form.exec(this.#source.slice(this.#at));
    if (match === null) throw callerError('found unexpected end of stream');
    this.#at += match[0].length;
    const body = match[1] ?? '';
    return quote === "'" ? body.replaceAll("''", "'") : unescape(body);
  }

  #list(): Slot {
    this.#at++;
    const items: Slot[] = [];
    for (this.#space(); this.#source.charAt(this.#at) !== ']'; this.#space()) {
      if (this.#at >= this.#source.length) throw callerError("did not find expected ',' or ']'");
      items.push(this.#value());
      this.#space();
      if (this.#source.charAt(this.#at) === ',') this.#at++;
    }
    this.#at++;
    const result = createTable(items.length);
    result.metatable = metatables.seq;
    items.forEach((item, at) => result.setNumber(at + 1, item));
    return table(result);
  }

  #map(): Slot {
    this.#at++;
    const result = new LuaTable(0, 0);
    result.metatable = metatables.map;
    for (this.#space(); this.#source.charAt(this.#at) !== '}'; this.#space()) {
      if (this.#at >= this.#source.length) throw callerError("did not find expected ',' or '}'");
      const key = this.#value();
      this.#space();
      if (this.#source.charAt(this.#at) === ':') this.#at++;
      const value = this.#value();
      if (key.type !== Tag.NIL) result.set(key, value);
      this.#space();
      if (this.#source.charAt(this.#at) === ',') this.#at++;
    }
    this.#at++;
    return table(result);
  }
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  '"': '"',
  '/': '/',
  '\\': '\\',
  ' ': ' ',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

function unescape(body: string): string {
  return body.replace(/\\(x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}|.)/gis, (_, code: string) => {
    if (code.length > 1) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    return escapes[code] ?? code;
  });
}

function plain(word: string): Slot {
  if (isNull(word)) return nullSlot();
  const truth = booleanOf(word);
  if (truth !== undefined) return boolean(truth);
  if (word === '') return stringSlot('');
  if (/^[+-]?\d{15,}$/.test(word)) {
    const wide = parseIntegerLiteral(`${word}${word.startsWith('-') ? 'LL' : 'ULL'}`);
    if (wide !== undefined) return data(new Int64(wide.value, wide.isUnsigned));
  }
  const n = parseNumberText(word);
  return n === undefined ? stringSlot(word) : number(n);
}

function nullSlot(): Slot {
  return data(nullPointer);
}

function stringSlot(value: string): Slot {
  return bytesSlot(utf8(value));
}

function bytesSlot(bytes: Uint8Array): Slot {
  return bytesValue(bytes);
}
