/**
 * What the console prints and `yaml.encode` encodes, without any Lua: the walk from Lua values to these nodes belongs
 * to the Lua side, the choice of styles to `emitter.ts`.
 */
export type YamlNode = YamlText | YamlPlain | YamlBinary | YamlSequence | YamlMapping | YamlAlias;

/** A string value: quoted where it would read as something else, base64 where it is not UTF-8. */
export interface YamlText {
  readonly kind: 'text';
  readonly value: string | Uint8Array;
}

/** A number, true, null, a decimal, a uuid: text whose type must not be protected by quotes. */
export interface YamlPlain {
  readonly kind: 'plain';
  readonly value: string;
}

/** A `varbinary` value: always `!!binary`. */
export interface YamlBinary {
  readonly kind: 'binary';
  readonly value: Uint8Array;
}

/** A list; `flow` for tuples and for tables whose `__serialize` is `'seq'`. */
export interface YamlSequence {
  readonly kind: 'sequence';
  readonly items: readonly YamlNode[];
  readonly flow?: boolean;
  /** Set where a later `alias` repeats this node. */
  readonly anchor?: string;
}

/** A map in the order in which its entries are printed. */
export interface YamlMapping {
  readonly kind: 'mapping';
  readonly entries: readonly (readonly [YamlNode, YamlNode])[];
  readonly flow?: boolean;
  readonly anchor?: string;
}

/** `*0`: the node with this anchor once more. */
export interface YamlAlias {
  readonly kind: 'alias';
  readonly anchor: string;
}

/** A string value. */
export function yamlText(value: string | Uint8Array): YamlText {
  return { kind: 'text', value };
}

/** Text that is printed as it is: numbers, `true`, `null`. */
export function yamlPlain(value: string): YamlPlain {
  return { kind: 'plain', value };
}

/** A list, in block form unless `flow`. */
export function yamlSequence(items: readonly YamlNode[], flow = false): YamlSequence {
  return { kind: 'sequence', items, flow };
}

/** A map, in block form unless `flow`. */
export function yamlMapping(
  entries: readonly (readonly [YamlNode, YamlNode])[],
  flow = false,
): YamlMapping {
  return { kind: 'mapping', entries, flow };
}
