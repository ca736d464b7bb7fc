import { checkDdlAccess } from './access.ts';
import { hasGrants, hasTuple } from './alter-space.ts';
import type { ErrorName } from './errcode.ts';
import { clientError } from './error.ts';
import { checkIdentifier, isNameTooLong, shownName } from './identifier.ts';
import type { IndexDef } from './index-def.ts';
import { canonicalPath, type PathToken, parsePath } from './json-path.ts';
import { Privilege } from './privilege.ts';
import { type SequenceDef, SequenceState } from './sequence.ts';
import type { Space } from './space.ts';
import { type SystemHost, SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldBool, fieldInt64, fieldString, fieldUint32 } from './tuple-field.ts';
import type { Statement } from './txn.ts';

/** `_sequence`: makes, changes and removes sequences. */
export function onReplaceSequence(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  if (newTuple === undefined) {
    if (oldTuple !== undefined) dropSequence(host, statement, fieldUint32(oldTuple, 0));
  } else if (oldTuple === undefined) {
    createSequence(host, statement, newTuple);
  } else {
    changeSequence(host, statement, newTuple);
  }
}

function createSequence(host: SystemHost, statement: Statement, tuple: Tuple): void {
  const { schema, hooks } = host;
  const def = decodeSequenceDef(tuple, 'CREATE_SEQUENCE');
  const { id, name, owner } = def;
  checkDdlAccess(schema, host.credentials, name, id, owner, 'sequence', Privilege.CREATE);
  const sequence = new SequenceState(def);
  schema.addSequence(sequence);
  statement.onRollback(() => {
    schema.removeSequence(sequence);
    hooks.onSchemaObjectChange('sequence', id);
  });
  hooks.onSchemaObjectChange('sequence', id);
}

function dropSequence(host: SystemHost, statement: Statement, id: number): void {
  const { schema, hooks } = host;
  const sequence = schema.sequence(id);
  if (sequence === undefined) return;
  const { name, owner } = sequence.def;
  checkDdlAccess(schema, host.credentials, name, id, owner, 'sequence', Privilege.DROP);
  const refuse = (reason: string): Error => clientError('DROP_SEQUENCE', name, reason);
  if (hasTuple(schema, SystemSpace.SEQUENCE_DATA, 0, id)) throw refuse('the sequence has data');
  if (hasTuple(schema, SystemSpace.SPACE_SEQUENCE, 1, id)) throw refuse('the sequence is in use');
  if (hasGrants(schema, 'sequence', id)) throw refuse('the sequence has grants');
  schema.removeSequence(sequence);
  statement.onRollback(() => {
    schema.addSequence(sequence);
    hooks.onSchemaObjectChange('sequence', id);
  });
  hooks.onSchemaObjectChange('sequence', id);
}

function changeSequence(host: SystemHost, statement: Statement, tuple: Tuple): void {
  const { schema, hooks } = host;
  const def = decodeSequenceDef(tuple, 'ALTER_SEQUENCE');
  const sequence = schema.sequence(def.id);
  if (sequence === undefined) return;
  const old = sequence.def;
  checkDdlAccess(
    schema,
    host.credentials,
    old.name,
    old.id,
    old.owner,
    'sequence',
    Privilege.ALTER,
  );
  sequence.def = def;
  statement.onRollback(() => {
    sequence.def = old;
    hooks.onSchemaObjectChange('sequence', old.id);
  });
  hooks.onSchemaObjectChange('sequence', def.id);
}

function decodeSequenceDef(tuple: Tuple, error: ErrorName): SequenceDef {
  const name = fieldString(tuple, 2);
  if (isNameTooLong(name)) throw clientError(error, shownName(name), 'sequence name is too long');
  checkIdentifier(name);
  const def: SequenceDef = {
    id: fieldUint32(tuple, 0),
    owner: fieldUint32(tuple, 1),
    name,
    step: fieldInt64(tuple, 3),
    min: fieldInt64(tuple, 4),
    max: fieldInt64(tuple, 5),
    start: fieldInt64(tuple, 6),
    cache: fieldInt64(tuple, 7),
    isCycle: fieldBool(tuple, 8),
  };
  const refuse = (reason: string): Error => clientError(error, name, reason);
  if (def.step === 0n) throw refuse('step option must be non-zero');
  if (def.min > def.max) throw refuse('max must be greater than or equal to min');
  if (def.start < def.min || def.start > def.max) {
    throw refuse('start must be between min and max');
  }
  return def;
}

/** `_sequence_data`: the value that was drawn last. */
export function onReplaceSequenceData(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  const tuple = oldTuple ?? newTuple;
  if (tuple === undefined) return;
  const id = fieldUint32(tuple, 0);
  const sequence = host.schema.sequence(id);
  if (sequence === undefined) throw clientError('NO_SUCH_SEQUENCE', String(id));
  if (newTuple !== undefined) {
    // No rollback: as in the real server a value once drawn stays drawn.
    sequence.value = fieldInt64(newTuple, 1);
    return;
  }
  const value = fieldInt64(tuple, 1);
  statement.onRollback(() => {
    sequence.value = value;
  });
  sequence.value = undefined;
}

/** `_space_sequence`: which field of a space a sequence fills. */
export function onReplaceSpaceSequence(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  const tuple = newTuple ?? oldTuple;
  if (tuple === undefined) return;
  const { schema } = host;
  const space = schema.requireSpace(fieldUint32(tuple, 0));
  const sequenceId = fieldUint32(tuple, 1);
  const isGenerated = fieldBool(tuple, 2);
  const sequence = schema.sequence(sequenceId);
  if (sequence === undefined) throw clientError('NO_SUCH_SEQUENCE', String(sequenceId));
  if (newTuple !== undefined && oldTuple !== undefined) {
    throw clientError('UNSUPPORTED', 'space "_space_sequence"', 'update');
  }
  checkAttachAccess(host, sequence, space, newTuple !== undefined, isGenerated);
  const restore = stateOf(space);
  if (newTuple !== undefined) {
    const place = placeOf(newTuple, space);
    if (sequence.isGenerated) {
      throw clientError('ALTER_SPACE', space.name, 'can not attach generated sequence');
    }
    sequence.isGenerated = isGenerated;
    space.sequence = sequence;
    space.sequenceField = place.fieldNo;
    space.sequencePath = place.path;
    space.sequencePathText = place.pathText;
    statement.onRollback(() => {
      sequence.isGenerated = false;
      restore();
      schema.onSpaceChange(space.id, schema.space(space.id));
    });
  } else {
    sequence.isGenerated = false;
    space.sequence = undefined;
    space.sequenceField = 0;
    space.sequencePath = undefined;
    space.sequencePathText = '';
    statement.onRollback(() => {
      sequence.isGenerated = isGenerated;
      restore();
      schema.onSpaceChange(space.id, schema.space(space.id));
    });
  }
  schema.onSpaceChange(space.id, space);
}

function checkAttachAccess(
  host: SystemHost,
  sequence: SequenceState,
  space: Space,
  isNew: boolean,
  isGenerated: boolean,
): void {
  const { schema, credentials } = host;
  const { id, name, owner } = sequence.def;
  const wanted: number[] = [];
  if (!isNew) wanted.push(Privilege.DROP);
  else if (isGenerated) wanted.push(Privilege.CREATE);
  else wanted.push(Privilege.READ, Privilege.WRITE);
  for (const access of wanted) {
    checkDdlAccess(schema, credentials, name, id, owner, 'sequence', access);
  }
  checkDdlAccess(schema, credentials, space.name, space.id, space.owner, 'space', Privilege.ALTER);
}

function stateOf(space: Space): () => void {
  const { sequence, sequenceField, sequencePath, sequencePathText } = space;
  return () => {
    space.sequence = sequence;
    space.sequenceField = sequenceField;
    space.sequencePath = sequencePath;
    space.sequencePathText = sequencePathText;
  };
}

interface SequencePlace {
  readonly fieldNo: number;
  readonly path: readonly PathToken[] | undefined;
  readonly pathText: string;
}

function placeOf(tuple: Tuple, space: Space): SequencePlace {
  const primary = space.requireIndex(0).def;
  const first = primary.keyDef.parts[0];
  let fieldNo = first?.fieldNo ?? 0;
  let pathText = first?.pathText ?? '';
  if (tuple.fieldCount > 3) {
    fieldNo = fieldUint32(tuple, 3);
    pathText = fieldString(tuple, 4);
  }
  const tokens = pathText === '' ? undefined : parsePath(pathText);
  const path = typeof tokens === 'number' ? undefined : tokens;
  checkSequencePart(primary, fieldNo, path, space.name);
  return { fieldNo, path, pathText };
}

/** Throws unless the place is an integer part of the primary key. */
export function checkSequencePart(
  def: IndexDef,
  fieldNo: number,
  path: readonly PathToken[] | undefined,
  spaceName: string,
): void {
  const part = def.keyDef.parts.find(
    (candidate) =>
      candidate.fieldNo === fieldNo &&
      (candidate.path === undefined) === (path === undefined) &&
      canonicalPath(candidate.path ?? []) === canonicalPath(path ?? []),
  );
  if (part === undefined) {
    throw clientError(
      'MODIFY_INDEX',
      def.name,
      spaceName,
      'sequence field must be a part of the index',
    );
  }
  if (part.type !== 'unsigned' && part.type !== 'integer') {
    throw clientError(
      'MODIFY_INDEX',
      def.name,
      spaceName,
      'sequence cannot be used with a non-integer key',
    );
  }
}
