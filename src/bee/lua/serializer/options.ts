/** Options of the serializers (`yaml.cfg`, `json.cfg`, `msgpack.cfg`), with the real server's names and defaults. */
export interface SerializerOptions {
  encode_sparse_convert: boolean;
  encode_sparse_ratio: number;
  encode_sparse_safe: number;
  encode_max_depth: number;
  encode_deep_as_nil: boolean;
  encode_invalid_numbers: boolean;
  encode_number_precision: number;
  encode_load_metatables: boolean;
  encode_use_tostring: boolean;
  encode_invalid_as_nil: boolean;
  decode_invalid_numbers: boolean;
  decode_save_metatables: boolean;
  decode_max_depth: number;
}

/** A serializer's options before a program changed them. */
export function defaultOptions(): SerializerOptions {
  return {
    encode_sparse_convert: true,
    encode_sparse_ratio: 2,
    encode_sparse_safe: 10,
    encode_max_depth: 128,
    encode_deep_as_nil: false,
    encode_invalid_numbers: true,
    encode_number_precision: 14,
    encode_load_metatables: true,
    encode_use_tostring: false,
    encode_invalid_as_nil: false,
    decode_invalid_numbers: true,
    decode_save_metatables: true,
    decode_max_depth: 128,
  };
}

/** What the console prints with: nothing is refused. */
export function consoleOptions(): SerializerOptions {
  return { ...defaultOptions(), encode_use_tostring: true, encode_invalid_as_nil: true };
}
