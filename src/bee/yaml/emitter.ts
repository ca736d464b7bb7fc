/**
 * YAML text exactly as the real server's console and `yaml.encode` write it: the behaviour of libyaml 0.2.5's emitter
 * with tarantool's settings (indentation 2, lines folded at 80, Unicode as it is), from a tree of nodes.
 *
 * 1. The Lua side turns values into `YamlNode`s (`node.ts`) and calls `emitDocument`, or `emitResults` for the console.
 * 2. `Lookahead` (`lookahead.ts`) finds the strings that tarantool wants quoted because they are in flow form.
 * 3. `Emitter.#node` walks the tree with the current indentation, as libyaml walks its events.
 * 4. For a scalar, `scalarOf` (`scalar.ts`) decides what must be written (base64 for what is not UTF-8), which style
 *    tarantool asks for and which styles the text can bear; `#styleOf` chooses.
 * 5. One writer for each style folds and escapes (`#writePlain`, `#writeSingle`, `#writeDouble`, `#writeLiteral`).
 *
 * What the real server does and Bee does not: `%TAG` directives before a document (`tag_prefix` of `yaml.encode`), as
 * only the console's push protocol uses them; folded block scalars (`>`), which tarantool never asks for.
 */
import { Lookahead } from './lookahead.ts';
import type { YamlMapping, YamlNode, YamlSequence } from './node.ts';
import { isBreak, isPrintable, type Scalar, type ScalarStyle, scalarOf } from './scalar.ts';

/** A space in a line longer than this is where a scalar is folded; tarantool leaves libyaml's default. */
const bestWidth = 80;

/** Keys longer than this many bytes are written with `? `. */
const simpleKeyBytesMax = 128;

/** @returns one document, from `---` to `...` with its line end */
export function emitDocument(node: YamlNode): string {
  return new Emitter().document(node);
}

/** The document's text alone, never folded: a tuple as `tostring` shows it. */
export function emitLine(node: YamlNode): string {
  const document = new Emitter(Number.POSITIVE_INFINITY).document(node);
  return document.slice('--- '.length, -'\n...\n'.length);
}

/** @returns what the console answers with these results: one `- ` item each, and no item where there are none */
export function emitResults(results: readonly YamlNode[]): string {
  if (results.length === 0) return '---\n...\n';
  return emitDocument({ kind: 'sequence', items: results });
}

/** Where a node stands; libyaml calls these the contexts. */
interface Place {
  readonly mapping: boolean;
  readonly simpleKey: boolean;
}

const item: Place = { mapping: false, simpleKey: false };
const key: Place = { mapping: true, simpleKey: true };
const value: Place = { mapping: true, simpleKey: false };

class Emitter {
  readonly #width: number;
  #text = '';
  #column = 0;
  /** Below 0 at the root. */
  #indent = -1;
  /** Whether the last thing written was blank, so that no blank is needed. */
  #whitespace = true;
  /** Whether the line holds only indentation and `- ` so far. */
  #indention = true;
  #flowLevel = 0;
  /** For each string of the document, whether quotes are asked for. */
  #quoted: readonly boolean[] = [];
  #textsWritten = 0;

  constructor(width = bestWidth) {
    this.#width = width;
  }

  document(node: YamlNode): string {
    this.#quoted = Lookahead.of(node);
    this.#indicator('---', true, false, false);
    this.#node(node, { mapping: false, simpleKey: false });
    this.#writeIndent();
    this.#indicator('...', true, false, false);
    this.#writeIndent();
    return this.#text;
  }

  #node(node: YamlNode, place: Place): void {
    if (node.kind === 'alias') {
      this.#indicator(`*${node.anchor}`, true, false, false);
      // Without the blank `*0:` would read as an alias named `0:`.
      if (place.simpleKey) this.#put(' ');
    } else if (node.kind === 'sequence') {
      this.#anchor(node);
      if (this.#isFlow(node, node.items.length)) this.#flowSequence(node);
      else this.#blockSequence(node, place);
    } else if (node.kind === 'mapping') {
      this.#anchor(node);
      if (this.#isFlow(node, node.entries.length)) this.#flowMapping(node);
      else this.#blockMapping(node);
    } else {
      this.#scalar(scalarOf(node, this.#quoted[this.#textsWritten] === true), place);
      if (node.kind === 'text') this.#textsWritten++;
    }
  }

  #anchor(node: YamlSequence | YamlMapping): void {
    if (node.anchor !== undefined) this.#indicator(`&${node.anchor}`, true, false, false);
  }

  #isFlow(node: YamlSequence | YamlMapping, size: number): boolean {
    return this.#flowLevel > 0 || node.flow === true || size === 0;
  }

  #blockSequence(node: YamlSequence, place: Place): void {
    const outer = this.#increaseIndent(false, place.mapping && !this.#indention);
    for (const child of node.items) {
      this.#writeIndent();
      this.#indicator('-', true, false, true);
      this.#node(child, item);
    }
    this.#indent = outer;
  }

  #blockMapping(node: YamlMapping): void {
    const outer = this.#increaseIndent(false, false);
    for (const [name, child] of node.entries) {
      this.#writeIndent();
      if (this.#isSimpleKey(name)) {
        this.#node(name, key);
        this.#indicator(':', false, false, false);
      } else {
        this.#indicator('?', true, false, true);
        this.#node(name, value);
        this.#writeIndent();
        this.#indicator(':', true, false, true);
      }
      this.#node(child, value);
    }
    this.#indent = outer;
  }

  #flowSequence(node: YamlSequence): void {
    const outer = this.#openFlow('[');
    node.items.forEach((child, at) => {
      this.#nextInFlow(at);
      this.#node(child, item);
    });
    this.#closeFlow(']', outer);
  }

  #flowMapping(node: YamlMapping): void {
    const outer = this.#openFlow('{');
    node.entries.forEach(([name, child], at) => {
      this.#nextInFlow(at);
      if (this.#isSimpleKey(name)) {
        this.#node(name, key);
        this.#indicator(':', false, false, false);
      } else {
        this.#indicator('?', true, false, false);
        this.#node(name, value);
        if (this.#column > this.#width) this.#writeIndent();
        this.#indicator(':', true, false, false);
      }
      this.#node(child, value);
    });
    this.#closeFlow('}', outer);
  }

  #openFlow(bracket: string): number {
    this.#indicator(bracket, true, true, false);
    const outer = this.#increaseIndent(true, false);
    this.#flowLevel++;
    return outer;
  }

  #nextInFlow(at: number): void {
    if (at > 0) this.#indicator(',', false, false, false);
    if (this.#column > this.#width) this.#writeIndent();
  }

  #closeFlow(bracket: string, outer: number): void {
    this.#flowLevel--;
    this.#indent = outer;
    this.#indicator(bracket, false, false, false);
  }

  #isSimpleKey(node: YamlNode): boolean {
    if (node.kind === 'alias') return node.anchor.length <= simpleKeyBytesMax;
    if (node.kind === 'sequence') return node.items.length === 0;
    if (node.kind === 'mapping') return node.entries.length === 0;
    const scalar = scalarOf(node, this.#quoted[this.#textsWritten] === true);
    return !scalar.multiline && scalar.length <= simpleKeyBytesMax;
  }

  #scalar(scalar: Scalar, place: Place): void {
    if (scalar.tag !== undefined) this.#indicator(scalar.tag, true, false, false);
    const outer = this.#increaseIndent(true, false);
    const style = this.#styleOf(scalar, place);
    const mayFold = !place.simpleKey;
    if (style === 'plain') this.#writePlain(scalar.characters, mayFold);
    else if (style === 'single') this.#writeSingle(scalar.characters, mayFold);
    else if (style === 'double') this.#writeDouble(scalar.characters, mayFold);
    else this.#writeLiteral(scalar.characters);
    this.#indent = outer;
  }

  #styleOf(scalar: Scalar, place: Place): ScalarStyle {
    const inFlow = this.#flowLevel > 0;
    let style = scalar.wanted;
    if (place.simpleKey && scalar.multiline) style = 'double';
    if (style === 'plain') {
      const bare = inFlow ? scalar.plainInFlow : scalar.plainInBlock;
      const empty = scalar.characters.length === 0 && (inFlow || place.simpleKey);
      if (!bare || empty) style = 'single';
    }
    if (style === 'single' && !scalar.singleAllowed) style = 'double';
    if (style === 'literal' && (!scalar.literalAllowed || inFlow || place.simpleKey)) {
      style = 'double';
    }
    return style;
  }

  #writePlain(characters: readonly string[], mayFold: boolean): void {
    if (!this.#whitespace && (characters.length > 0 || this.#flowLevel > 0)) this.#put(' ');
    this.#writeFolded(characters, mayFold, 'plain');
    this.#whitespace = false;
    this.#indention = false;
  }

  #writeSingle(characters: readonly string[], mayFold: boolean): void {
    this.#indicator("'", true, false, false);
    const breaks = this.#writeFolded(characters, mayFold, 'single');
    if (breaks) this.#writeIndent();
    this.#indicator("'", false, false, false);
    this.#whitespace = false;
    this.#indention = false;
  }

  /** @returns whether the text ended in a line break */
  #writeFolded(
    characters: readonly string[],
    mayFold: boolean,
    style: 'plain' | 'single',
  ): boolean {
    let spaces = false;
    let breaks = false;
    characters.forEach((character, at) => {
      const inner = style === 'plain' || (at > 0 && at < characters.length - 1);
      if (character === ' ') {
        const fold = mayFold && !spaces && this.#column > this.#width;
        if (fold && inner && characters[at + 1] !== ' ') this.#writeIndent();
        else this.#put(character);
        spaces = true;
      } else if (isBreak(character)) {
        if (!breaks && character === '\n') this.#break('\n');
        this.#break(character);
        this.#indention = true;
        breaks = true;
      } else {
        if (breaks) this.#writeIndent();
        if (style === 'single' && character === "'") this.#put("'");
        this.#put(character);
        this.#indention = false;
        spaces = false;
        breaks = false;
      }
    });
    return breaks;
  }

  #writeDouble(characters: readonly string[], mayFold: boolean): void {
    this.#indicator('"', true, false, false);
    let spaces = false;
    characters.forEach((character, at) => {
      if (
        !isPrintable(character) ||
        isBreak(character) ||
        character === '"' ||
        character === '\\'
      ) {
        for (const one of escaped(character)) this.#put(one);
        spaces = false;
      } else if (character === ' ') {
        const inner = at > 0 && at < characters.length - 1;
        if (mayFold && !spaces && this.#column > this.#width && inner) {
          this.#writeIndent();
          if (characters[at + 1] === ' ') this.#put('\\');
        } else this.#put(character);
        spaces = true;
      } else {
        this.#put(character);
        spaces = false;
      }
    });
    this.#indicator('"', false, false, false);
    this.#whitespace = false;
    this.#indention = false;
  }

  #writeLiteral(characters: readonly string[]): void {
    this.#indicator('|', true, false, false);
    const first = characters[0];
    if (first === ' ' || isBreak(first)) this.#indicator('2', false, false, false);
    const last = characters[characters.length - 1];
    if (!isBreak(last)) this.#indicator('-', false, false, false);
    else if (characters.length === 1 || isBreak(characters[characters.length - 2])) {
      this.#indicator('+', false, false, false);
    }
    this.#break('\n');
    this.#indention = true;
    this.#whitespace = true;
    let breaks = true;
    for (const character of characters) {
      if (isBreak(character)) {
        this.#break(character);
        this.#indention = true;
        breaks = true;
      } else {
        if (breaks) this.#writeIndent();
        this.#put(character);
        this.#indention = false;
        breaks = false;
      }
    }
  }

  /** @returns the indentation to come back to */
  #increaseIndent(flow: boolean, indentless: boolean): number {
    const outer = this.#indent;
    if (outer < 0) this.#indent = flow ? 2 : 0;
    else if (!indentless) this.#indent += 2;
    return outer;
  }

  #writeIndent(): void {
    const indent = Math.max(this.#indent, 0);
    const standing = this.#column === indent && this.#whitespace;
    if (!this.#indention || this.#column > indent || (this.#column === indent && !standing)) {
      this.#break('\n');
    }
    while (this.#column < indent) this.#put(' ');
    this.#whitespace = true;
    this.#indention = true;
  }

  #indicator(text: string, needBlank: boolean, isBlank: boolean, isIndention: boolean): void {
    if (needBlank && !this.#whitespace) this.#put(' ');
    this.#text += text;
    this.#column += text.length;
    this.#whitespace = isBlank;
    this.#indention = this.#indention && isIndention;
  }

  #put(character: string): void {
    this.#text += character;
    this.#column++;
  }

  #break(character: string): void {
    this.#text += character;
    this.#column = 0;
  }
}

const shortEscapes = new Map([
  ['\0', '0'],
  ['\x07', 'a'],
  ['\b', 'b'],
  ['\t', 't'],
  ['\n', 'n'],
  ['\v', 'v'],
  ['\f', 'f'],
  ['\r', 'r'],
  ['\x1b', 'e'],
  ['"', '"'],
  ['\\', '\\'],
  ['\x85', 'N'],
  ['\xa0', '_'],
  ['\u2028', 'L'],
  ['\u2029', 'P'],
]);

function escaped(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return `\\${short}`;
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${digits.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}
