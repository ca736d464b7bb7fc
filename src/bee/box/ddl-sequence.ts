import { encode, type MsgpackValue } from '../wire/msgpack.ts';
import type { Box } from './box.ts';
import { checkOptions, checkParam, isTrue, numberOf, shown } from './ddl-check.ts';
import { revokeObjectGrants } from './ddl-user.ts';
import { DdlTable, type DdlValue } from './ddl-value.ts';
import { clientError } from './error.ts';
import type { SequenceState } from './sequence.ts';
import { SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldUint32 } from './tuple-field.ts';

const sequenceTemplate = {
  step: 'number',
  min: 'number',
  max: 'number',
  start: 'number',
  cache: 'number',
  cycle: 'boolean',
};

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

/** `db.schema.sequence.create` */
export function createSequence(
  box: Box,
  nameValue: DdlValue,
  optionsValue: DdlValue,
): { sequence: SequenceState; outcome: 'created' | 'not created' } {
  checkParam(nameValue, 'name', 'string');
  const name = String(nameValue);
  const opts = checkOptions(optionsValue, { ...sequenceTemplate, if_not_exists: 'boolean' });
  const step = opts.get('step');
  const isAscending = step === undefined || numberOf(step) > 0;
  const [min, max] = [opts.get('min'), opts.get('max')];
  const start = opts.get('start') ?? (isAscending ? (min ?? 1) : (max ?? -1));
  const present = findSequence(box, name);
  if (present !== undefined) {
    if (!isTrue(opts.get('if_not_exists'))) throw clientError('SEQUENCE_EXISTS', name);
    return { sequence: requireState(box, present), outcome: 'not created' };
  }
  const row: MsgpackValue[] = [
    box.current.credentials.uid,
    name,
    integer(step ?? 1),
    integer(min ?? (isAscending ? 1 : int64Min)),
    integer(max ?? (isAscending ? int64Max : -1)),
    integer(start),
    integer(opts.get('cache') ?? 0),
    isTrue(opts.get('cycle') ?? false),
  ];
  const tuple = autoIncrement(box, SystemSpace.SEQUENCE, row);
  return { sequence: requireState(box, fieldUint32(tuple, 0)), outcome: 'created' };
}

/** A number that stays an integer when it is a whole one, however big. */
function integer(value: DdlValue): MsgpackValue {
  if (typeof value === 'number' && Number.isInteger(value)) {
    const wide = BigInt(value);
    return wide >= int64Min && wide < 2n ** 64n ? wide : value;
  }
  return typeof value === 'bigint' || typeof value === 'number' ? value : null;
}

/** Inserts a tuple with an id above the greatest there is. */
export function autoIncrement(box: Box, spaceId: number, row: MsgpackValue[]): Tuple {
  const last = box.max(spaceId, 0, encode([]));
  const id = (last === undefined ? 0 : fieldUint32(last, 0)) + 1;
  const tuple = box.insert(spaceId, encode([id, ...row]));
  // A before_replace trigger swallowed it: the real server goes on with nil and fails, too.
  if (tuple === undefined) throw clientError('PROC_LUA', 'attempt to index a nil value');
  return tuple;
}

/** `db.schema.sequence.alter` */
export function alterSequence(box: Box, name: DdlValue, optionsValue: DdlValue): void {
  const opts = checkOptions(optionsValue, { ...sequenceTemplate, name: 'string' });
  const id = findSequence(box, name);
  if (id === undefined) throw clientError('NO_SUCH_SEQUENCE', shown(name));
  if (!(optionsValue instanceof DdlTable)) return;
  const { def } = requireState(box, id);
  const option = (key: string, fallback: bigint): MsgpackValue =>
    integer(opts.get(key) ?? fallback);
  const cycle = opts.get('cycle');
  const row: MsgpackValue[] = [
    def.id,
    def.owner,
    String(opts.get('name') ?? def.name),
    option('step', def.step),
    option('min', def.min),
    option('max', def.max),
    option('start', def.start),
    option('cache', def.cache),
    cycle === undefined ? def.isCycle : isTrue(cycle),
  ];
  box.replace(SystemSpace.SEQUENCE, encode(row));
}

/** `db.schema.sequence.drop` */
export function dropSequence(box: Box, name: DdlValue, optionsValue: DdlValue): void {
  const opts = checkOptions(optionsValue, { if_exists: 'boolean' });
  const id = findSequence(box, name);
  if (id !== undefined) dropSequenceById(box, id);
  else if (!isTrue(opts.get('if_exists'))) throw clientError('NO_SUCH_SEQUENCE', shown(name));
}

export function dropSequenceById(box: Box, id: number): void {
  revokeObjectGrants(box, 'sequence', id);
  box.delete(SystemSpace.SEQUENCE_DATA, 0, encode([id]));
  box.delete(SystemSpace.SEQUENCE, 0, encode([id]));
}

/** Id of a sequence that the user may see, by name or id. */
export function findSequence(box: Box, nameOrId: DdlValue): number | undefined {
  if (nameOrId === undefined) return undefined;
  const isName = typeof nameOrId === 'string';
  const key = encode([isName ? nameOrId : numberOf(nameOrId)]);
  const tuple = box.get(SystemSpace.VSEQUENCE, isName ? 2 : 0, key);
  return tuple === undefined ? undefined : fieldUint32(tuple, 0);
}

function requireState(box: Box, id: number): SequenceState {
  const state = box.schema.sequence(id);
  if (state === undefined) throw clientError('NO_SUCH_SEQUENCE', String(id));
  return state;
}
