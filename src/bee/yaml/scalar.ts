import { encodeBase64 } from '../wire/base64.ts';
import type { YamlBinary, YamlPlain, YamlText } from './node.ts';
import { readsAsOther } from './resolve.ts';

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal';

/** A scalar with all that the emitter must know of it before it chooses how to write it. */
export interface Scalar {
  readonly characters: readonly string[];
  /** In bytes of UTF-8, with the tag: a key of more than 128 is no simple key. */
  readonly length: number;
  readonly tag: string | undefined;
  readonly wanted: ScalarStyle;
  readonly multiline: boolean;
  readonly plainInFlow: boolean;
  readonly plainInBlock: boolean;
  readonly singleAllowed: boolean;
  readonly literalAllowed: boolean;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/**
 * Decides what is written and which style tarantool asks libyaml for.
 * @param inFlow inside `[…]` or `{…}`, where tarantool quotes every string
 */
export function scalarOf(node: YamlText | YamlPlain | YamlBinary, inFlow: boolean): Scalar {
  if (node.kind === 'plain') return analyse(node.value, undefined, 'plain');
  if (node.kind === 'binary') return binary(node.value);
  const text = typeof node.value === 'string' ? node.value : decodeUtf8(node.value);
  if (text === undefined) return binary(encodedText(node.value));
  if (readsAsOther(text)) return analyse(text, undefined, 'single');
  if (!isPrintableUtf8(text)) return binary(encodedText(text));
  if (inFlow) return analyse(text, undefined, 'single');
  // A text with an empty line in it is a screen of help, which is read best as it is (C's strstr stops at a NUL).
  return analyse(text, undefined, /^[^\0]*?\n\n/.test(text) ? 'literal' : 'plain');
}

function encodedText(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? utf8.encode(value) : value;
}

function binary(bytes: Uint8Array): Scalar {
  return analyse(encodeBase64(bytes), '!!binary', 'plain');
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** C1 controls, the byte order mark, lone surrogates, and whatever Unicode calls "other" beyond the basic plane. */
const unprintable = /[\x80-\x9f\ud800-\udfff\ufeff\ufffe\uffff]|(?![\0-\uffff])\p{C}/u;

/** Tarantool's own idea of a text fit to be shown: ASCII controls are, `emitter.ts` escapes them. */
function isPrintableUtf8(text: string): boolean {
  return !unprintable.test(text);
}

/** @returns whether libyaml writes the character as it is: no tab, no carriage return, nothing beyond the basic plane */
export function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x7f) return code === 0x0a || code >= 0x20;
  if (code < 0xa0 || code > 0xffff) return false;
  return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfeff && code < 0xfffe;
}

/** @returns whether the character ends a line for YAML 1.1 */
export function isBreak(character: string | undefined): boolean {
  return character !== undefined && /^[\r\n\x85\u2028\u2029]$/.test(character);
}

function isBlankOrEnd(character: string | undefined): boolean {
  return (
    character === undefined ||
    character === ' ' ||
    character === '\t' ||
    character === '\0' ||
    isBreak(character)
  );
}

/** Finds which styles can carry the text: the rules of YAML 1.1 as libyaml 0.2.5 applies them. */
function analyse(text: string, tag: string | undefined, wanted: ScalarStyle): Scalar {
  const characters = [...text];
  const length = utf8.encode(text).length + (tag?.length ?? 0);
  const first = characters[0];
  const last = characters[characters.length - 1];
  if (first === undefined) {
    return {
      characters,
      length,
      tag,
      wanted,
      multiline: false,
      plainInFlow: false,
      plainInBlock: true,
      singleAllowed: true,
      literalAllowed: false,
    };
  }
  const indicators = findIndicators(text, characters);
  const multiline = characters.some(isBreak);
  const special = characters.some((character) => !isPrintable(character));
  const spaceBreak = /[ ][\r\n\x85\u2028\u2029]/.test(text);
  const breakSpace = /[\r\n\x85\u2028\u2029][ ]/.test(text);
  const edges = first === ' ' || last === ' ' || isBreak(first) || isBreak(last);
  const plain = !(edges || breakSpace || spaceBreak || special || multiline);
  return {
    characters,
    length,
    tag,
    wanted,
    multiline,
    plainInFlow: plain && !indicators.flow,
    plainInBlock: plain && !indicators.block,
    singleAllowed: !(breakSpace || spaceBreak || special),
    literalAllowed: last !== ' ' && !spaceBreak && !special,
  };
}

/** Looks for characters that would mean something in a plain scalar. */
function findIndicators(
  text: string,
  characters: readonly string[],
): { flow: boolean; block: boolean } {
  const document = text.startsWith('---') || text.startsWith('...');
  let flow = document;
  let block = document;
  characters.forEach((character, at) => {
    const beforeBlank = isBlankOrEnd(characters[at + 1]);
    if (at === 0) {
      if ('#,[]{}&*!|>\'"%@`'.includes(character) || (character === '-' && beforeBlank)) {
        flow = true;
        block = true;
      }
    } else {
      if (',?[]{}'.includes(character)) flow = true;
      if (character === '#' && isBlankOrEnd(characters[at - 1])) {
        flow = true;
        block = true;
      }
    }
    if (character === ':' || (at === 0 && character === '?')) {
      flow = true;
      if (beforeBlank) block = true;
    }
  });
  return { flow, block };
}
