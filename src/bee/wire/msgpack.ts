/// <reference path="./msgpackr.d.ts" />
/**
 * MessagePack, the form of every tuple, row, request and answer.
 *
 * 1. `MsgpackWriter` writes values in the smallest form, as the real server does (`msgpack-writer.ts`).
 * 2. `checkMsgpack` says whether bytes from outside are well-formed; `skip` and `typeAt` walk bytes known to be
 *    (`msgpack-scan.ts`).
 * 3. `MsgpackReader` reads value by value without making objects of the rest (`msgpack-reader.ts`).
 * 4. `encode` and `decode` below are for whole values: options, ballots, schema rows.
 *
 * Whole values without extensions are decoded by msgpackr, twice as fast as value by value. All else is our own, because
 * msgpackr has no smallest forms for 64-bit integers when it writes, no raw positions when it reads, gives some
 * extension types (0x72, −1) a meaning that Tarantool does not, and takes a byte order mark off long strings.
 *
 * What the real server does and Bee does not: decimals and uuids stay `MsgpackExt` here; the layers that know them
 * (box, lua) make values of them.
 */
import { Unpackr } from 'msgpackr/unpack-no-eval';
import {
  MsgpackError,
  MsgpackExt,
  MsgpackReader,
  type MsgpackValue,
  msgpackDepthMax,
} from './msgpack-reader.ts';
import { checkMsgpack, hasExt } from './msgpack-scan.ts';
import { MsgpackWriter } from './msgpack-writer.ts';

export {
  MsgpackError,
  MsgpackExt,
  MsgpackReader,
  type MsgpackValue,
  msgpackDepthMax,
  skipMany,
} from './msgpack-reader.ts';
export { checkMsgpack, type MsgpackType, skip, typeAt } from './msgpack-scan.ts';
export { MsgpackWriter } from './msgpack-writer.ts';

const unpackr = new Unpackr({
  useRecords: false,
  mapsAsObjects: false,
  int64AsType: 'auto',
  copyBuffers: true,
});

/** A byte order mark is EF BB BF in UTF-8; where there is no EF, there is none. */
const byteOrderMarkHead = 0xef;

/**
 * Decodes one value that fills the bytes from `start` to `end`.
 * @throws MsgpackError when it does not
 */
export function decode(bytes: Uint8Array, start = 0, end: number = bytes.length): MsgpackValue {
  if (checkMsgpack(bytes, start, end) !== end) throw new MsgpackError('malformed or cut value');
  const source = bytes.subarray(start, end);
  // No value in so few bytes can be nested deeper than the stack allows; longer ones go through the counting reader.
  const isPlain =
    source.length <= msgpackDepthMax &&
    source.indexOf(byteOrderMarkHead) < 0 &&
    !hasExt(source, 0, source.length);
  // The cast is right because the bytes are well-formed and these options make exactly the types of MsgpackValue.
  if (isPlain) return unpackr.unpack(source) as MsgpackValue;
  return new MsgpackReader(source).readValue();
}

const scratch = new MsgpackWriter(256);

/** Encodes one value. A number that is whole and below 2^53 becomes an integer, any other a double. */
export function encode(value: MsgpackValue): Uint8Array<ArrayBuffer> {
  scratch.reset();
  writeValue(scratch, value);
  return scratch.finish();
}

/** Writes one value as `encode` does. */
export function writeValue(writer: MsgpackWriter, value: MsgpackValue): void {
  if (value === null) writer.nil();
  else if (typeof value === 'string') writer.str(value);
  else if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) writer.int(value);
    else writer.double(value);
  } else if (typeof value === 'boolean') writer.bool(value);
  else if (typeof value === 'bigint') writer.int(value);
  else if (value instanceof Uint8Array) writer.bin(value);
  else if (value instanceof MsgpackExt) writer.ext(value.type, value.data);
  else if (Array.isArray(value)) {
    writer.array(value.length);
    for (const item of value) writeValue(writer, item);
  } else {
    writer.map(value.size);
    for (const [key, item] of value) {
      writeValue(writer, key);
      writeValue(writer, item);
    }
  }
}
