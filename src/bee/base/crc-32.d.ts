/** The Castagnoli half of crc-32, for which the package brings no typings. */
declare module 'crc-32/crc32c.js' {
  const crc32c: {
    /** @returns a signed 32-bit number; inverted before and after, as the usual CRC-32C is */
    buf(bytes: Uint8Array, seed?: number): number;
  };
  export default crc32c;
}
