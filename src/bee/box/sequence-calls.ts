import { encode } from '../wire/msgpack.ts';
import { checkSequenceAccess } from './access.ts';
import type { Box } from './box.ts';
import { clientError } from './error.ts';
import { SystemUser } from './privilege.ts';
import type { SequenceState } from './sequence.ts';
import { SystemSpace } from './system-space.ts';

/** `db.sequence.x:next()` and the others: change the sequence, and write the value to `_sequence_data`. */

/** @throws SEQUENCE_OVERFLOW */
export function next(box: Box, id: number): bigint {
  const sequence = find(box, id);
  const value = sequence.next();
  save(box, id, value);
  return value;
}

/** @throws SEQUENCE_NOT_STARTED */
export function current(box: Box, id: number): bigint {
  return find(box, id).current();
}

export function set(box: Box, id: number, value: bigint): void {
  const sequence = find(box, id);
  sequence.value = value;
  save(box, id, value);
}

export function reset(box: Box, id: number): void {
  const sequence = find(box, id);
  sequence.value = undefined;
  asAdmin(box, () => box.delete(SystemSpace.SEQUENCE_DATA, 0, encode([id])));
}

function find(box: Box, id: number): SequenceState {
  const sequence = box.schema.sequence(id);
  if (sequence === undefined) throw clientError('NO_SUCH_SEQUENCE', String(id));
  checkSequenceAccess(box.schema, box.current.credentials, sequence);
  return sequence;
}

function save(box: Box, id: number, value: bigint): void {
  asAdmin(box, () => box.replace(SystemSpace.SEQUENCE_DATA, encode([id, value])));
}

/** Whoever may draw need not be allowed to write `_sequence_data` by hand. */
function asAdmin(box: Box, body: () => unknown): void {
  box.asUser(box.schema.users.require(SystemUser.ADMIN).credentials, body);
}
