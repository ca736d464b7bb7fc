/** Where the members of a struct or union stand, by the rules of the x86-64 System V ABI. */
import { LuaError } from '../vm/value.ts';
import { alignOf, type CType, type Member, type RecordType, sizeOf, unqualified } from './ctype.ts';

/** A member as it was declared; `width` is that of a bit field, in bits. */
export interface Field {
  readonly name: string | undefined;
  readonly type: CType;
  readonly width: number | undefined;
}

/** Gives a record its members, its size and its alignment. @throws LuaError for a member without a size */
export function layOut(
  record: RecordType,
  fields: readonly Field[],
  isPacked: boolean,
  alignMin: number,
): void {
  const members: Member[] = [];
  let end = 0; // in bits
  let align = alignMin;
  let largest = 0;
  fields.forEach((field, at) => {
    const plain = unqualified(field.type);
    const isOpenEnd =
      plain.kind === 'array' && plain.length === undefined && at === fields.length - 1;
    const size = isOpenEnd ? 0 : sizeOf(field.type);
    if (size === undefined) throw new LuaError(`size of C type is unknown or too large`, 'none');
    const own = isPacked ? 1 : alignOf(field.type);
    const width = field.width ?? size * 8;
    const start = record.keyword === 'union' ? 0 : end;
    const begin = place(start, width, size * 8, own * 8, field.width !== undefined);
    align = Math.max(align, own);
    const { name, type } = field;
    if (field.width === undefined) members.push({ name, type, offset: begin / 8 });
    else if (name !== undefined && width > 0) {
      const offset = Math.floor(begin / (size * 8)) * size;
      members.push({ name, type, offset, bits: { offset: begin - offset * 8, width } });
    }
    end = begin + width;
    largest = Math.max(largest, end);
  });
  record.members = members;
  record.align = align;
  record.size = Math.ceil(Math.ceil(largest / 8) / align) * align;
}

/** The first bit of a member: a bit field may share its unit with the one before, anything else begins on its boundary. */
function place(start: number, width: number, unit: number, align: number, isBits: boolean): number {
  if (!isBits || width === 0) return Math.ceil(start / align) * align;
  const isOver = Math.floor(start / unit) !== Math.floor((start + width - 1) / unit);
  return isOver ? Math.ceil(start / unit) * unit : start;
}
