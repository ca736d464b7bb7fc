import { decodeTo } from '../conversions.ts';
import type { LuaState } from '../vm/types.ts';
import { Slot, Tag } from '../vm/value.ts';

/** Pushes the value that a msgpack value stands for. */
export function pushMsgpack(L: LuaState, bytes: Uint8Array, pos = 0): number {
  const slot = new Slot(Tag.NIL, null);
  decodeTo(bytes, pos, slot);
  L.stack[L.top++] = slot;
  return 1;
}
