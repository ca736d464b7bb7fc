/** The tuples of one moment, whatever changes afterwards. */
export interface ReadView {
  /** Every tuple of every space that a snapshot holds, by space id, inside by primary key. */
  rows(): Iterable<ReadViewRow>;
  /** Gives the memory back; later calls of `rows` give nothing. */
  close(): void;
}

export interface ReadViewRow {
  readonly spaceId: number;
  /** 1 for replica-local spaces. */
  readonly groupId: number;
  /** The tuple's msgpack array: a view, valid until the next row. */
  readonly tuple: Uint8Array;
}
