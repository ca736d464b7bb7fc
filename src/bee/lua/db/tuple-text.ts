import type { Tuple } from '../../box/tuple.ts';
import { decode } from '../../wire/msgpack.ts';

/** Set by the Lua layer: a tuple as `tostring` shows it, in the form of the console's YAML on one line. */
let format: (tuple: Tuple) => string = (tuple) => String(decode(tuple.bytes()));

/** The YAML printer lives above the bindings; it hands its form of a tuple down here when it is made. */
export function setTupleFormat(form: (tuple: Tuple) => string): void {
  format = form;
}

/** `[1, 'a', {'x': 1}]`. */
export function formatTuple(tuple: Tuple): string {
  return format(tuple);
}
