/**
 * Reads YAML: all that `emitter.ts` writes, and what people write by hand in block and flow form.
 *
 * 1. `parseDocuments` goes from `---` to `...`; one `Parser` reads the whole text.
 * 2. `#block` reads a node that must stand at least at a given column: a list, a map, or (`scalar-reader.ts`) a scalar. The
 *    column of its first character is its indentation, so nodes behind `- ` and `? ` need no special case.
 * 3. `#flow` reads what is inside brackets.
 * 4. `resolveScalar` (`resolve.ts`) says what a scalar means.
 *
 * What the real server does and Bee does not: tag directives (`%TAG`) are read over; some errors are told in fewer
 * words and places than libyaml's.
 */
import { resolveScalar } from './resolve.ts';
import { type ReadScalar, ScalarReader } from './scalar-reader.ts';
import { YamlError, type YamlList, type YamlMap, type YamlValue } from './value.ts';

/**
 * @returns the values of the documents; none for an empty text
 * @throws YamlError
 */
export function parseDocuments(text: string): YamlValue[] {
  return new Parser(text).documents();
}

interface Properties {
  readonly anchor: string | undefined;
  readonly tag: string | undefined;
  /** The column of the first of them, or of the node. */
  readonly column: number;
}

/** Far above what the real server takes (`decode_max_depth` is not asked by its YAML), below what a stack bears. */
const depthMax = 1000;

class Parser {
  readonly #reader: ScalarReader;
  readonly #anchors = new Map<string, YamlValue>();
  #depth = 0;

  constructor(text: string) {
    this.#reader = new ScalarReader(text);
  }

  documents(): YamlValue[] {
    const reader = this.#reader;
    const values: YamlValue[] = [];
    for (;;) {
      reader.skipToToken();
      while (reader.column === 0 && reader.ahead('%')) {
        reader.skipLine();
        reader.skipToToken();
      }
      if (reader.atEnd) return values;
      const isExplicit = reader.takeMarker('---');
      if (!isExplicit && reader.takeMarker('...')) continue;
      if (!isExplicit && values.length > 0) reader.fail('did not find expected <document start>');
      reader.startDocument();
      this.#anchors.clear();
      values.push(this.#block(0));
      reader.skipToToken();
      if (!reader.atEnd && !reader.atMarker())
        reader.fail('did not find expected <document start>');
      while (reader.takeMarker('...')) reader.skipToToken();
    }
  }

  /** Reads a node whose first character stands at this column or behind it; an empty one if there is none. */
  #block(least: number, sequenceLeast = least): YamlValue {
    if (++this.#depth > depthMax) throw new YamlError('Too high nest level');
    const value = this.#blockNode(least, sequenceLeast);
    this.#depth--;
    return value;
  }

  #blockNode(least: number, sequenceLeast: number): YamlValue {
    const reader = this.#reader;
    reader.skipToToken();
    let properties = this.#properties(least);
    if (reader.atLineEnd()) {
      reader.skipToToken();
      properties = { ...properties, column: reader.column };
    } else if (properties.anchor !== undefined || properties.tag !== undefined) {
      // On one line with a key the properties are the key's.
      if (reader.isImplicitKey()) return this.#mapping(properties.column, properties);
    }
    const column = reader.column;
    const isSequence = reader.aheadIndicator('-');
    if (reader.atEnd || reader.atMarker() || column < (isSequence ? sequenceLeast : least)) {
      return resolveScalar('', true, properties.tag);
    }
    if (isSequence) return this.#sequence(column, properties);
    if (reader.aheadIndicator('?') || reader.isImplicitKey()) {
      return this.#mapping(column, { ...properties, column: -1 });
    }
    if (reader.ahead('*')) return this.#alias();
    if (reader.ahead('[') || reader.ahead('{')) return this.#flowCollection(properties);
    const scalar = reader.blockScalar(least);
    return this.#scalar(properties, scalar);
  }

  #properties(least: number): Properties {
    const reader = this.#reader;
    let [anchor, tag]: [string | undefined, string | undefined] = [undefined, undefined];
    const column = reader.column;
    while (!reader.atEnd && (reader.ahead('&') || reader.ahead('!')) && reader.column >= least) {
      if (reader.ahead('&')) anchor = reader.name();
      else tag = tagOf(reader.tag());
      reader.skipBlanks();
    }
    return { anchor, tag, column };
  }

  #named<T extends YamlValue>(properties: Properties, value: T): T {
    if (properties.anchor !== undefined) this.#anchors.set(properties.anchor, value);
    return value;
  }

  #scalar(properties: Properties, scalar: ReadScalar): YamlValue {
    const value = resolveScalar(scalar.text, scalar.isPlain, properties.tag);
    // The real server remembers the anchors of strings alone, and of no others an alias can be resolved.
    const isBare = scalar.isPlain && scalar.text === '';
    if (typeof value !== 'string' || properties.tag !== undefined || isBare) return value;
    return this.#named(properties, value);
  }

  #alias(): YamlValue {
    const name = this.#reader.name();
    const value = this.#anchors.get(name);
    if (value === undefined) throw new YamlError(`invalid reference: ${name}`);
    return value;
  }

  #sequence(column: number, properties: Properties): YamlList {
    const reader = this.#reader;
    const start = reader.mark();
    const list: YamlList = this.#named(properties, { kind: 'list', items: [] });
    while (reader.column === column && reader.aheadIndicator('-')) {
      reader.advance(1);
      list.items.push(this.#block(column + 1));
      reader.skipToToken();
    }
    if (reader.column > column && !reader.atEnd) {
      reader.fail("did not find expected '-' indicator", 'while parsing a block collection', start);
    }
    return list;
  }

  /** @param first properties that belong to the first key, if their column is not −1, else to the map */
  #mapping(column: number, first: Properties): YamlMap {
    const reader = this.#reader;
    const start = reader.mark();
    const map: YamlMap = { kind: 'map', entries: [] };
    let keyProperties: Properties | undefined = first.column === -1 ? undefined : first;
    if (keyProperties === undefined) this.#named(first, map);
    while (keyProperties !== undefined || (reader.column === column && !reader.atMarker())) {
      if (keyProperties === undefined && reader.aheadIndicator('?')) {
        reader.advance(1);
        const key = this.#block(column + 1, column);
        reader.skipToToken();
        let value: YamlValue = '';
        if (reader.column === column && reader.aheadIndicator(':')) {
          reader.advance(1);
          value = this.#block(column + 1, column);
        }
        map.entries.push([key, value]);
      } else if (keyProperties !== undefined || reader.isImplicitKey()) {
        const key = this.#key(keyProperties ?? this.#properties(0));
        keyProperties = undefined;
        reader.skipBlanks();
        reader.advance(1);
        map.entries.push([key, this.#mappingValue(column)]);
      } else break;
      reader.skipToToken();
    }
    if (reader.column >= column && !reader.atEnd && !reader.atMarker()) {
      reader.fail('did not find expected key', 'while parsing a block mapping', start);
    }
    return map;
  }

  /** A value on the key's line is no map and no list of block form. */
  #mappingValue(column: number): YamlValue {
    const reader = this.#reader;
    reader.skipBlanks();
    if (!reader.atLineEnd() && !/[&!]/.test(reader.peek())) {
      if (reader.isImplicitKey())
        reader.failAtColon('mapping values are not allowed in this context');
      if (reader.aheadIndicator('-')) {
        reader.fail('block sequence entries are not allowed in this context');
      }
      if (reader.aheadIndicator('?')) reader.fail('mapping keys are not allowed in this context');
    }
    return this.#block(column + 1, column);
  }

  #key(properties: Properties): YamlValue {
    const reader = this.#reader;
    if (reader.ahead('*')) return this.#alias();
    if (reader.ahead('[') || reader.ahead('{')) return this.#flowCollection(properties);
    const scalar = reader.keyScalar();
    return this.#scalar(properties, scalar);
  }

  #flowCollection(properties: Properties): YamlValue {
    return this.#reader.ahead('[') ? this.#flowSequence(properties) : this.#flowMapping(properties);
  }

  #flow(): YamlValue {
    const reader = this.#reader;
    reader.skipToToken();
    const properties = this.#properties(0);
    reader.skipToToken();
    if (++this.#depth > depthMax) throw new YamlError('Too high nest level');
    let value: YamlValue;
    if (reader.ahead('*')) value = this.#alias();
    else if (reader.ahead('[') || reader.ahead('{')) value = this.#flowCollection(properties);
    else {
      const scalar = reader.flowScalar();
      value = this.#scalar(properties, scalar);
    }
    this.#depth--;
    return value;
  }

  #flowSequence(properties: Properties): YamlList {
    const reader = this.#reader;
    const start = reader.mark();
    const list: YamlList = this.#named(properties, { kind: 'list', items: [] });
    reader.advance(1);
    for (reader.skipToToken(); !reader.ahead(']'); reader.skipToToken()) {
      const isComplex = this.#takeQuestion();
      const item = this.#flow();
      if (isComplex || this.#aheadColon()) {
        list.items.push({ kind: 'map', entries: [[item, this.#flowValue()]] });
      } else list.items.push(item);
      this.#separator(']', 'while parsing a flow sequence', start);
    }
    reader.advance(1);
    return list;
  }

  #flowMapping(properties: Properties): YamlMap {
    const reader = this.#reader;
    const start = reader.mark();
    const map: YamlMap = this.#named(properties, { kind: 'map', entries: [] });
    reader.advance(1);
    for (reader.skipToToken(); !reader.ahead('}'); reader.skipToToken()) {
      this.#takeQuestion();
      const key = this.#flow();
      map.entries.push([key, this.#flowValue()]);
      this.#separator('}', 'while parsing a flow mapping', start);
    }
    reader.advance(1);
    return map;
  }

  #takeQuestion(): boolean {
    if (!this.#reader.aheadIndicator('?')) return false;
    this.#reader.advance(1);
    return true;
  }

  #aheadColon(): boolean {
    this.#reader.skipToToken();
    return this.#reader.ahead(':');
  }

  #flowValue(): YamlValue {
    if (!this.#aheadColon()) return '';
    this.#reader.advance(1);
    this.#reader.skipToToken();
    if (/[,\]}]/.test(this.#reader.peek())) return '';
    return this.#flow();
  }

  #separator(close: string, context: string, start: number): void {
    const reader = this.#reader;
    reader.skipToToken();
    if (reader.ahead(',')) reader.advance(1);
    else if (!reader.ahead(close)) {
      reader.fail(`did not find expected ',' or '${close}'`, context, start);
    }
  }
}

/** @returns the name behind YAML's own prefix; other tags mean nothing here */
function tagOf(text: string): string | undefined {
  if (text.startsWith('!!')) return text.slice(2);
  const prefix = '!<tag:yaml.org,2002:';
  return text.startsWith(prefix) ? text.slice(prefix.length, -1) : undefined;
}
