import { decompress } from 'fzstd';
import { crc32c } from '../bee/base/crc32c.ts';
import { errorText } from '../bee/base/error-text.ts';
import { WalError } from '../bee/wal/wal-error.ts';
import {
  type BlockHeader,
  blockHeaderSize,
  eofMagic,
  parseBlockHeader,
  parseHeader,
  rowMagic,
  type XlogMeta,
  zstdMagic,
} from '../bee/wal/xlog-format.ts';
import {
  IprotoKey,
  IprotoType,
  iprotoTypeName,
  rowFieldNames,
} from '../bee/wire/iproto-constants.ts';
import { decode, MsgpackReader, type MsgpackValue } from '../bee/wire/msgpack.ts';
import { bigEndian } from '../bee/wire/msgpack-scan.ts';
import { decodeXRow, type XRow } from '../bee/wire/xrow.ts';
import { valueText } from './xlog-value.ts';

/** Characters of a row's body that are handed out: a tuple may hold megabytes, and a line is read, not scrolled. */
const bodyTextMax = 4000;
/** The space whose tuples name the others. */
const spaceOfSpaces = 280;

/** A block of rows, which one checksum covers. */
export interface XlogBlock {
  /** Counted from 1. */
  readonly number: number;
  readonly offset: number;
  /** Its header and its payload as stored. */
  readonly length: number;
  readonly storedCrc: number;
  readonly crc: number;
  readonly isPacked: boolean;
}

interface PartPlace {
  /** First byte in the file. */
  readonly offset: number;
  readonly length: number;
}

/** A file from its first byte to its last: every byte belongs to one part, but for rows in a packed block, which share its bytes. */
export type XlogPart =
  | (PartPlace & { readonly kind: 'header'; readonly text: string })
  | (PartPlace & {
      readonly kind: 'row';
      readonly block: XlogBlock;
      /** True on the block's first row, whose bytes follow the block's header. */
      readonly isFirst: boolean;
      /** Where the row's body begins; the row's end in a packed block. */
      readonly bodyOffset: number;
      /** 0 where the row has none, as in a snapshot. */
      readonly lsn: number;
      readonly replicaId: number;
      /** `INSERT`, `UPDATE`, … */
      readonly type: string;
      /** Seconds since 1970; 0 when absent. */
      readonly timestamp: number;
      /** Name and number, `tester (512)`; the number alone where no file names it; '' for a row without one. */
      readonly space: string;
      /** The tuple, or what a change says. */
      readonly body: string;
    })
  /** What cannot be read: a damaged block, or bytes that are none. */
  | (PartPlace & { readonly kind: 'damage'; readonly words: string })
  /** A block that ends before it should: its writer was killed, or still writes. */
  | (PartPlace & { readonly kind: 'torn' })
  | (PartPlace & { readonly kind: 'end' });

export interface XlogSummary {
  /** `SNAP` or `XLOG`. */
  readonly type: string;
  /** The number that the header's vclock gives the file; undefined when the header has none. */
  readonly signature: number | undefined;
  readonly instanceUuid: string;
  readonly parts: number;
  readonly rows: number;
  readonly blocks: number;
  /** Whether the end marker is there: without it the file was not closed in order, or is still written. */
  readonly isClosed: boolean;
  readonly damages: readonly { readonly offset: number; readonly words: string }[];
}

/** Where a part stands; rows are decoded only when they are looked at, because a snapshot may hold a million. */
type Place =
  | { readonly kind: 'header' | 'torn' | 'end'; readonly offset: number; readonly length: number }
  | {
      readonly kind: 'damage';
      readonly offset: number;
      readonly length: number;
      readonly words: string;
    }
  | { readonly kind: 'row'; readonly block: XlogBlock; readonly at: number; readonly end: number };

type RowPlace = Extract<Place, { kind: 'row' }>;

/** A .snap or .xlog as its parts: what the file panel shows beside the bytes. */
export class XlogParts {
  readonly meta: XlogMeta;
  readonly #bytes: Uint8Array;
  readonly #places: Place[] = [];
  readonly #spaces: Map<number, string>;
  #rows = 0;
  #blocks = 0;
  /** The payload that was unpacked last: rows beside each other are looked at together. */
  #unpacked: { readonly block: XlogBlock; readonly payload: Uint8Array } | undefined;

  /**
   * @param bytes the whole file
   * @param spaces names of spaces that other files know
   * @throws WalError when it has no header: it is no such file
   */
  constructor(bytes: Uint8Array, name: string, spaces: ReadonlyMap<number, string> = new Map()) {
    this.#bytes = bytes;
    this.#spaces = new Map(spaces);
    this.meta = parseHeader(bytes, name);
    this.#places.push({ kind: 'header', offset: 0, length: this.meta.size });
    let pos = this.meta.size;
    while (pos < bytes.length) pos = this.#readPart(pos);
  }

  /** Names of spaces, from the rows that make them. */
  get spaces(): ReadonlyMap<number, string> {
    return this.#spaces;
  }

  get summary(): XlogSummary {
    const { type, vclock, instanceUuid } = this.meta;
    return {
      type,
      signature: vclock?.signature,
      instanceUuid,
      parts: this.#places.length,
      rows: this.#rows,
      blocks: this.#blocks,
      isClosed: this.#places.some(({ kind }) => kind === 'end'),
      damages: this.#places.flatMap((place) =>
        place.kind === 'damage' ? [{ offset: place.offset, words: place.words }] : [],
      ),
    };
  }

  /** Parts from one on, by their place in the file. */
  parts(from: number, count: number): XlogPart[] {
    return this.#places.slice(from, from + count).map((place) => this.#part(place));
  }

  /** All rows as they were written; each is decoded when it is asked for. */
  *rows(): Generator<{ readonly block: XlogBlock; readonly row: XRow }> {
    for (const place of this.#places) {
      if (place.kind === 'row') yield { block: place.block, row: this.#decode(place) };
    }
  }

  /** Bytes of a last block that is not whole. */
  get tornBytes(): number {
    const last = this.#places.at(-1);
    return last?.kind === 'torn' ? last.length : 0;
  }

  /** The place, among the parts, of the one that a byte belongs to; of the first of several in a packed block. */
  find(offset: number): number {
    let low = 0;
    let high = this.#places.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const place = this.#places[middle];
      if (place !== undefined && endOf(place) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Reads what begins at `pos`. @returns where it ends */
  #readPart(pos: number): number {
    const bytes = this.#bytes;
    const left = bytes.length - pos;
    if (left >= 4 && bigEndian(bytes, pos, 4) === eofMagic) {
      this.#places.push({ kind: 'end', offset: pos, length: 4 });
      return pos + 4;
    }
    if (left < blockHeaderSize) return this.#torn(pos);
    const header = parseBlockHeader(bytes, pos);
    if (header instanceof WalError) return this.#damage(pos, header.words);
    const length = blockHeaderSize + header.length;
    if (length > left) {
      // What follows a damaged length is there to be read; behind a block that a crash cut there is nothing.
      const next = this.#nextBlock(pos + 1);
      return next === bytes.length ? this.#torn(pos) : this.#damage(pos, 'broken fixheader length');
    }
    return this.#readBlock(pos, header);
  }

  #readBlock(pos: number, header: BlockHeader): number {
    const length = blockHeaderSize + header.length;
    const stored = this.#bytes.subarray(pos + blockHeaderSize, pos + length);
    const crc = crc32c(stored);
    if (crc !== header.crc) {
      const hex = (value: number): string => value.toString(16).padStart(8, '0');
      const words = `tx checksum mismatch: ${hex(header.crc)} is written, the bytes give ${hex(crc)}`;
      return this.#damage(pos, words, pos + length);
    }
    const block: XlogBlock = {
      number: ++this.#blocks,
      offset: pos,
      length,
      storedCrc: header.crc,
      crc,
      isPacked: header.magic === zstdMagic,
    };
    try {
      const reader = new MsgpackReader(this.#payload(block));
      while (!reader.atEnd) {
        const at = reader.pos;
        this.#noteSpace(decodeXRow(reader));
        this.#places.push({ kind: 'row', block, at, end: reader.pos });
        this.#rows++;
      }
    } catch (error) {
      // The checksum holds, so these bytes were written like this; fzstd and the row's reader throw errors of many kinds.
      const words = errorText(error);
      return this.#damage(pos, `can't parse row: ${words}`, pos + length);
    }
    return pos + length;
  }

  #damage(pos: number, words: string, end = this.#nextBlock(pos + 1)): number {
    this.#places.push({ kind: 'damage', offset: pos, length: end - pos, words });
    return end;
  }

  #torn(pos: number): number {
    const length = this.#bytes.length - pos;
    this.#places.push({ kind: 'torn', offset: pos, length });
    return pos + length;
  }

  /** Where the next block or the end marker begins; the file's end when there is none. */
  #nextBlock(from: number): number {
    const bytes = this.#bytes;
    for (let at = bytes.indexOf(0xd5, from); at >= 0; at = bytes.indexOf(0xd5, at + 1)) {
      if (at + 4 > bytes.length) break;
      const magic = bigEndian(bytes, at, 4);
      if (magic === eofMagic && at + 4 === bytes.length) return at;
      if (magic !== rowMagic && magic !== zstdMagic) continue;
      if (at + blockHeaderSize > bytes.length) continue;
      if (!(parseBlockHeader(bytes, at) instanceof WalError)) return at;
    }
    return bytes.length;
  }

  #payload(block: XlogBlock): Uint8Array {
    const start = block.offset + blockHeaderSize;
    const stored = this.#bytes.subarray(start, block.offset + block.length);
    if (!block.isPacked) return stored;
    if (this.#unpacked?.block !== block) {
      this.#unpacked = { block, payload: decompress(stored) };
    }
    return this.#unpacked.payload;
  }

  #noteSpace(row: XRow): void {
    if (row.type !== IprotoType.INSERT && row.type !== IprotoType.REPLACE) return;
    const body = bodyOf(row);
    if (body?.get(IprotoKey.SPACE_ID) !== spaceOfSpaces) return;
    const tuple = body.get(IprotoKey.TUPLE);
    if (!Array.isArray(tuple)) return;
    const [id, , name] = tuple;
    if (typeof id === 'number' && typeof name === 'string') this.#spaces.set(id, name);
  }

  #part(place: Place): XlogPart {
    switch (place.kind) {
      case 'header': {
        const text = new TextDecoder().decode(this.#bytes.subarray(0, place.length)).trimEnd();
        return { kind: 'header', offset: 0, length: place.length, text };
      }
      case 'damage':
        return place;
      case 'torn':
      case 'end':
        return { kind: place.kind, offset: place.offset, length: place.length };
      case 'row':
        return this.#row(place);
    }
  }

  #decode({ block, at, end }: RowPlace): XRow {
    return decodeXRow(new MsgpackReader(this.#payload(block).subarray(at, end)));
  }

  #row(place: RowPlace): XlogPart {
    const { block, at, end } = place;
    const row = this.#decode(place);
    const body = bodyOf(row);
    const space = Number(body?.get(IprotoKey.SPACE_ID) ?? -1);
    const name = this.#spaces.get(space);
    const start = block.offset + blockHeaderSize;
    return {
      kind: 'row',
      block,
      isFirst: at === 0,
      ...(block.isPacked
        ? { offset: block.offset, length: block.length, bodyOffset: block.offset + block.length }
        : { offset: start + at, length: end - at, bodyOffset: start + end - row.body.length }),
      lsn: row.lsn,
      replicaId: row.replicaId,
      type: String(iprotoTypeName(row.type) ?? row.type),
      timestamp: row.timestamp,
      space: space < 0 ? '' : name === undefined ? String(space) : `${name} (${space})`,
      body: bodyText(body),
    };
  }
}

/** The byte behind a part. */
function endOf(place: Place): number {
  if (place.kind !== 'row') return place.offset + place.length;
  const { block, end } = place;
  return block.isPacked ? block.offset + block.length : block.offset + blockHeaderSize + end;
}

function bodyOf(row: XRow): Map<MsgpackValue, MsgpackValue> | undefined {
  if (row.type === IprotoType.NOP || row.body.length === 0) return undefined;
  const body = decode(row.body);
  return body instanceof Map ? body : undefined;
}

/** A tuple alone; the parts of a change each with its name. */
function bodyText(body: ReadonlyMap<MsgpackValue, MsgpackValue> | undefined): string {
  const told = [...(body ?? [])].filter(
    ([key]) => key !== IprotoKey.SPACE_ID && key !== IprotoKey.INDEX_BASE && key !== 0x11,
  );
  const text = told
    .map(([key, value]) => {
      const isOnlyTuple = told.length === 1 && key === IprotoKey.TUPLE;
      return `${isOnlyTuple ? '' : `${rowFieldNames.get(Number(key)) ?? key}: `}${valueText(value)}`;
    })
    .join(', ');
  return text.length > bodyTextMax ? `${text.slice(0, bodyTextMax)}…` : text;
}
