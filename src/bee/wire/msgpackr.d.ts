/**
 * The little of msgpackr that is used, declared here because its build without `eval` comes without typings, and because
 * its own typings name Node's types, which would open the wall around src/bee.
 */
declare module 'msgpackr/unpack-no-eval' {
  export class Unpackr {
    constructor(options: {
      useRecords: false;
      mapsAsObjects: false;
      int64AsType: 'auto';
      copyBuffers: true;
    });
    unpack(bytes: Uint8Array): unknown;
  }
}
