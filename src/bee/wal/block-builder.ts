import { IprotoKey, IprotoType } from '../wire/iproto-constants.ts';
import { MsgpackWriter } from '../wire/msgpack-writer.ts';
import { encodeXRow, type XRow } from '../wire/xrow.ts';
import { beginBlock, blockHeaderSize, sealBlock } from './xlog-format.ts';

/**
 * A block is closed by the first transaction that brings it to this size, as in the real server. Readers hold one block at a time,
 * and a torn write loses one block: ten times this would be felt in both, a tenth would double the checksums' share.
 * A transaction larger than that has a larger block of its own, because it must be whole or not there.
 */
export const blockBytesMax = 128 * 1024;

/** Packs rows into blocks: what is added together stays together. */
export class BlockBuilder {
  readonly #writer = new MsgpackWriter(4096);
  /** Where the open block begins; −1 when none is open. */
  #start = -1;

  /** Bytes gathered so far, block headers included. */
  get length(): number {
    return this.#writer.length;
  }

  /** True while the last block may still grow. */
  get hasOpenBlock(): boolean {
    return this.#start >= 0;
  }

  /** Adds the rows of one transaction. */
  add(rows: readonly XRow[]): void {
    this.#open();
    for (const row of rows) encodeXRow(this.#writer, row);
    this.#closeWhenFull();
  }

  /**
   * Adds a tuple as a row of a snapshot: an INSERT whose space id has a fixed width, as the real server writes it.
   * @param number the row's number in the snapshot, from 0
   */
  addTuple(
    number: number,
    timestamp: number,
    spaceId: number,
    groupId: number,
    tuple: Uint8Array,
  ): void {
    this.#open();
    const writer = this.#writer;
    writer.map(2 + (groupId === 0 ? 0 : 1) + (number === 0 ? 0 : 1));
    writer.byte(IprotoKey.REQUEST_TYPE);
    writer.byte(IprotoType.INSERT);
    if (groupId !== 0) {
      writer.byte(IprotoKey.GROUP_ID);
      writer.uint(groupId);
    }
    if (number !== 0) {
      writer.byte(IprotoKey.LSN);
      writer.uint(number);
    }
    writer.byte(IprotoKey.TIMESTAMP);
    writer.double(timestamp);
    writer.map(2);
    writer.byte(IprotoKey.SPACE_ID);
    writer.fixedUint32(spaceId);
    writer.byte(IprotoKey.TUPLE);
    writer.raw(tuple);
    this.#closeWhenFull();
  }

  /** All blocks as a copy of its own; the builder is empty afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    if (this.#start >= 0) this.#close();
    const bytes = this.#writer.finish();
    this.#writer.reset();
    return bytes;
  }

  /** Drops what was gathered. */
  reset(): void {
    this.#writer.reset();
    this.#start = -1;
  }

  #open(): void {
    if (this.#start < 0) this.#start = beginBlock(this.#writer);
  }

  #closeWhenFull(): void {
    if (this.#writer.length - this.#start >= blockBytesMax) this.#close();
  }

  #close(): void {
    // A block without rows is none.
    if (this.#writer.length === this.#start + blockHeaderSize) this.#writer.truncate(this.#start);
    else sealBlock(this.#writer, this.#start);
    this.#start = -1;
  }
}
