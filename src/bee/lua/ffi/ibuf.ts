/** `struct ibuf`, the real server's input buffer: bytes are added at `wpos` and taken from `rpos`. */
import { asCData, type CData } from '../vm/cdata.ts';
import type { TValue } from '../vm/types.ts';
import { LuaError } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import { type CNames, namesOf } from './c-names.ts';
import { CParser } from './c-parser.ts';
import { type RecordType, unqualified } from './ctype.ts';
import { Block, Place } from './memory.ts';
import { MemoryData, MemoryPointer } from './values.ts';

const declaration = `struct slab_cache;
struct ibuf { struct slab_cache *slabc; char *buf; char *rpos; char *wpos; char *epos; size_t start_capacity; };`;
const offsets = { buf: 8, rpos: 16, wpos: 24, epos: 32, startCapacity: 40 } as const;

/** Bytes that a buffer begins with, when nothing else is asked. */
export const readaheadBytes = 16320;
/** Of each slab so many bytes are its own. */
const slabHeadBytes = 48;
/** More than this is no buffer that a page can hold. */
const capacityMax = 2 ** 30;

/** The type, declared when it is first asked for. */
export function ibufType(vm: LuaVm): RecordType {
  const names: CNames = namesOf(vm);
  const type = names.record('struct', 'ibuf');
  if (type.members === undefined) new CParser(names, declaration).declarations();
  return type;
}

/** One buffer: a view of the struct's members. */
export class Ibuf {
  readonly #block: Block;
  readonly #base: number;

  private constructor(place: Place) {
    this.#block = place.blockOf(offsets.startCapacity + 8);
    this.#base = place.offset;
  }

  /** The buffer that a value is, or points to; undefined when it is none. */
  static of(value: TValue): Ibuf | undefined {
    const data = asCData(value);
    if (data instanceof MemoryData && isIbuf(data.type)) return new Ibuf(data.place);
    if (data instanceof MemoryPointer && isIbuf(data.to)) return new Ibuf(data.place);
    return undefined;
  }

  /** A new buffer. */
  static make(vm: LuaVm, startCapacity: number): CData {
    const type = ibufType(vm);
    const place = new Place(new Block(type.size), 0);
    place.blockOf(type.size).view.setBigUint64(offsets.startCapacity, BigInt(startCapacity), true);
    return new MemoryData(type, place, false);
  }

  #get(name: 'buf' | 'rpos' | 'wpos' | 'epos'): Place {
    return this.#block.pointer(this.#base + offsets[name]);
  }

  #set(name: 'buf' | 'rpos' | 'wpos' | 'epos', to: Place): void {
    this.#block.setPointer(this.#base + offsets[name], to);
  }

  get readPlace(): Place {
    return this.#get('rpos');
  }

  get size(): number {
    return this.#get('wpos').address - this.#get('rpos').address;
  }

  get capacity(): number {
    return this.#get('epos').address - this.#get('buf').address;
  }

  get position(): number {
    return this.#get('rpos').address - this.#get('buf').address;
  }

  get unused(): number {
    return this.#get('epos').address - this.#get('wpos').address;
  }

  /** Forgets what is in it. */
  reset(): void {
    const start = this.#get('buf');
    this.#set('rpos', start);
    this.#set('wpos', start);
  }

  /** Gives its memory back too. */
  recycle(): void {
    for (const name of ['buf', 'rpos', 'wpos', 'epos'] as const) {
      this.#set(name, new Place(undefined, 0));
    }
  }

  /** Makes room for bytes behind the last one; gives the place where they go. */
  reserve(bytes: number): Place {
    if (bytes > this.unused) this.#makeRoom(bytes);
    return this.#get('wpos');
  }

  #makeRoom(bytes: number): void {
    const { size, capacity } = this;
    const needed = size + bytes;
    if (needed > capacityMax) throw new LuaError('not enough memory');
    const from = this.#get('rpos');
    let start = this.#get('buf');
    if (needed > capacity) {
      let wanted = capacity * 2;
      if (wanted === 0) wanted = this.#startCapacity;
      while (wanted < needed) wanted *= 2;
      const slab = 2 ** Math.ceil(Math.log2(wanted + slabHeadBytes));
      const block = new Block(slab - slabHeadBytes);
      start = new Place(block, 0);
      this.#set('epos', start.plus(block.bytes.length));
    }
    if (size > 0) start.blockOf(size).copyFrom(from.blockOf(size), from.offset, start.offset, size);
    this.#set('buf', start);
    this.#set('rpos', start);
    this.#set('wpos', start.plus(size));
  }

  get #startCapacity(): number {
    return Number(this.#block.view.getBigUint64(this.#base + offsets.startCapacity, true));
  }

  /** Makes room for bytes and counts them as written; gives the place where they go. */
  alloc(bytes: number): Place {
    const place = this.reserve(bytes);
    this.#set('wpos', place.plus(bytes));
    return place;
  }

  /** Adds bytes; gives how many they were. */
  append(bytes: Uint8Array): number {
    const place = this.alloc(bytes.length);
    place.blockOf(bytes.length).bytes.set(bytes, place.offset);
    return bytes.length;
  }

  /** Takes bytes from the front; gives the place where they are. */
  read(bytes: number): Place {
    const place = this.#get('rpos');
    this.#set('rpos', place.plus(bytes));
    return place;
  }
}

function isIbuf(type: Parameters<typeof unqualified>[0]): boolean {
  const plain = unqualified(type);
  return plain.kind === 'record' && plain.tag === 'ibuf';
}
