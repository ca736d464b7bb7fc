/**
 * The few globals that every host of Bee has (browsers, workers, Node) and that the ECMAScript library typings lack.
 * Nothing that does input or output, tells the time or makes random numbers may be added here: that comes through `env/`.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}
