/** What a YAML text means. Lists and maps that an alias repeats are the same object, and may contain themselves. */
export type YamlValue = null | boolean | bigint | number | string | Uint8Array | YamlList | YamlMap;

export interface YamlList {
  readonly kind: 'list';
  readonly items: YamlValue[];
}

export interface YamlMap {
  readonly kind: 'map';
  /** In the order of the text; a later entry of the same key replaces an earlier one. */
  readonly entries: [YamlValue, YamlValue][];
}

/** Why a text is no YAML, in the words of libyaml. */
export class YamlError extends Error {}
