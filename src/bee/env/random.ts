/** The random port: cryptographic on real hosts, seeded in the simulator. */
export interface Random {
  /** Fresh random bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>;
}
