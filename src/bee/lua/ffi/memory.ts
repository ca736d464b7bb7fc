/**
 * The memory that the FFI's values stand in: blocks of bytes, each with an address of its own. A page has no other memory, so
 * a pointer that leads out of every block cannot be followed: where C would read what is there or crash, this raises an error.
 */
import { LuaError } from '../vm/value.ts';

/** More than any program in a page has a use for; a larger one is refused before it is asked of the engine. */
const blockBytesMax = 2 ** 30;
const firstAddress = 0x42000000;
/** Blocks stand apart by so much, so that a pointer just behind one is in none. */
const gapBytes = 16;

let nextAddress = firstAddress;

/** Blocks whose address was made a number, in order of address: it may become a pointer again. */
const known: Block[] = [];

/** How many of the known blocks begin at or below an address. */
function countUpTo(address: number): number {
  let low = 0;
  for (let high = known.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((known[middle]?.address ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bytes with an address. */
export class Block {
  readonly address: number;
  readonly view: DataView;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the pointers that stand in this block lead: with it, and only by it, those blocks are kept. */
  readonly #pointers = new Map<number, Block>();
  #isKnown = false;

  /** @throws LuaError when there is no room */
  constructor(size: number) {
    if (!(size <= blockBytesMax)) throw new LuaError('not enough memory', 'none');
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.address = nextAddress;
    nextAddress += Math.ceil((size + gapBytes) / 16) * 16;
  }

  /** Stores a pointer. */
  setPointer(offset: number, to: Place): void {
    this.view.setBigUint64(offset, BigInt(to.address), true);
    if (to.block === undefined) this.#pointers.delete(offset);
    else this.#pointers.set(offset, to.block);
  }

  /** Reads a pointer. Bytes that were written over it count, as in C. */
  pointer(offset: number): Place {
    const address = Number(this.view.getBigUint64(offset, true));
    const block = this.#pointers.get(offset);
    const distance = address - (block?.address ?? 0);
    if (block !== undefined && distance >= 0 && distance <= block.bytes.length) {
      return new Place(block, distance);
    }
    return Place.at(address);
  }

  /** Copies bytes from another block, and the pointers among them. */
  copyFrom(from: Block, fromOffset: number, toOffset: number, size: number): void {
    const moved = [...from.#pointers].filter(([at]) => at >= fromOffset && at < fromOffset + size);
    this.bytes.set(from.bytes.slice(fromOffset, fromOffset + size), toOffset);
    for (const [at, block] of moved) this.#pointers.set(at - fromOffset + toOffset, block);
  }

  /** Keeps the block for as long as the state lives: its address is a number somewhere, which nobody can follow. */
  expose(): void {
    if (this.#isKnown) return;
    this.#isKnown = true;
    known.splice(countUpTo(this.address), 0, this);
  }
}

/** A place in memory; without a block it is an address that leads nowhere. */
export class Place {
  readonly block: Block | undefined;
  readonly offset: number;

  constructor(block: Block | undefined, offset: number) {
    this.block = block;
    this.offset = offset;
  }

  /** The place of an address, in whichever block has it. */
  static at(address: number): Place {
    const block = known[countUpTo(address) - 1];
    if (block === undefined || address > block.address + block.bytes.length) {
      return new Place(undefined, address);
    }
    return new Place(block, address - block.address);
  }

  get address(): number {
    return (this.block?.address ?? 0) + this.offset;
  }

  plus(bytes: number): Place {
    return new Place(this.block, this.offset + bytes);
  }

  /** The block, when `size` bytes from here are in it. @throws LuaError */
  blockOf(size: number): Block {
    const { block, offset } = this;
    if (block === undefined || offset < 0 || offset + size > block.bytes.length) {
      const where = `0x${Math.max(this.address, 0).toString(16).padStart(8, '0')}`;
      throw new LuaError(
        `cannot access memory at ${where}: it belongs to no cdata of this program`,
      );
    }
    return block;
  }

  /** Bytes from here to the end of the block. */
  get rest(): number {
    return this.block === undefined ? 0 : Math.max(this.block.bytes.length - this.offset, 0);
  }
}
