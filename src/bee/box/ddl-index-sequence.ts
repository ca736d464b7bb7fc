import { encode, type MsgpackValue } from '../wire/msgpack.ts';
import type { Box } from './box.ts';
import { isTrue, shown } from './ddl-check.ts';
import { type IndexParts, resolveField } from './ddl-index-parts.ts';
import { createSequence, dropSequenceById, findSequence } from './ddl-sequence.ts';
import { selectFrom } from './ddl-space.ts';
import { DdlTable, type DdlValue } from './ddl-value.ts';
import { clientError } from './error.ts';
import type { Space } from './space.ts';
import { SystemSpace } from './system-space.ts';
import { fieldBool, fieldString, fieldUint32 } from './tuple-field.ts';

/** A sequence and the field it fills. */
interface Attachment {
  id: number | undefined;
  isGenerated: boolean;
  field: number | undefined;
  path: string;
}

/**
 * Works out what the `sequence` option of an index asks for, before the index is written: checks it, makes a sequence when
 * none is named, and takes the old one off.
 * @returns what to do when the index is written; undefined for nothing
 */
export function prepareSequence(
  box: Box,
  space: Space,
  parts: IndexParts,
  option: DdlValue,
  indexId: number,
  indexName: string,
): (() => void) | undefined {
  const refuse = (reason: string): Error =>
    clientError('MODIFY_INDEX', indexName, space.name, reason);
  if (indexId !== 0) {
    if (!isTrue(option)) return undefined;
    throw refuse('sequence cannot be used with a secondary key');
  }
  const old = attachmentOf(box, space);
  if (option === undefined) {
    if (old !== undefined) checkPart(old, parts, refuse);
    return undefined;
  }
  const wanted = readOption(box, space, option);
  if (wanted !== undefined) {
    if (old !== undefined) inherit(wanted, old);
    checkPart(wanted, parts, refuse);
    if (wanted.id === undefined) {
      const { sequence } = createSequence(box, `${space.name}_seq`, undefined);
      wanted.id = sequence.def.id;
      wanted.isGenerated = true;
    }
  }
  if (old !== undefined) box.delete(SystemSpace.SPACE_SEQUENCE, 0, encode([space.id]));
  return () => attach(box, space, wanted, old);
}

function attach(
  box: Box,
  space: Space,
  wanted: Attachment | undefined,
  old: Attachment | undefined,
): void {
  if (wanted !== undefined) {
    const { id, isGenerated, field, path } = wanted;
    const row: MsgpackValue[] = [space.id, id ?? null, isGenerated, field ?? null, path];
    box.insert(SystemSpace.SPACE_SEQUENCE, encode(row));
  }
  if (old?.isGenerated === true && old.id !== undefined && old.id !== wanted?.id) {
    dropSequenceById(box, old.id);
  }
}

function attachmentOf(box: Box, space: Space): Attachment | undefined {
  const tuple = box.get(SystemSpace.SPACE_SEQUENCE, 0, encode([space.id]));
  if (tuple === undefined) return undefined;
  const isOld = tuple.fieldCount < 5;
  return {
    id: fieldUint32(tuple, 1),
    isGenerated: fieldBool(tuple, 2),
    field: isOld ? undefined : fieldUint32(tuple, 3),
    path: isOld ? '' : fieldString(tuple, 4),
  };
}

function readOption(box: Box, space: Space, option: DdlValue): Attachment | undefined {
  if (option === false) return undefined;
  const wanted: Attachment = { id: undefined, isGenerated: false, field: undefined, path: '' };
  const named =
    option instanceof DdlTable ? option.get('id') : option === true ? undefined : option;
  if (named !== undefined) {
    const id = findSequence(box, named);
    if (id === undefined) throw clientError('NO_SUCH_SEQUENCE', shown(named));
    const [user] = selectFrom(box, SystemSpace.SPACE_SEQUENCE, 1, [id]);
    if (user !== undefined && fieldBool(user, 2)) {
      throw clientError('ALTER_SPACE', space.name, 'can not attach generated sequence');
    }
    wanted.id = id;
  }
  const field = option instanceof DdlTable ? option.get('field') : undefined;
  if (typeof field === 'number' || typeof field === 'string') {
    const [fieldNo, path] = resolveField(space.def.fields, field, 'sequence field');
    wanted.field = fieldNo;
    wanted.path = path ?? '';
  }
  return wanted;
}

/** What the new attachment does not say stays as it is. */
function inherit(wanted: Attachment, old: Attachment): void {
  if (wanted.id === undefined && old.isGenerated) {
    wanted.id = old.id;
    wanted.isGenerated = true;
  }
  if (wanted.field === undefined) {
    wanted.field = old.field;
    wanted.path = old.path;
  }
}

/** The sequence fills an integer part of the primary key; the first one, when nothing else was said. */
function checkPart(
  wanted: Attachment,
  { parts }: IndexParts,
  refuse: (reason: string) => Error,
): void {
  let part: DdlTable | undefined;
  if (wanted.field === undefined) {
    part = parts[0];
    const field = part?.get('field');
    wanted.field = typeof field === 'number' ? field : 0;
    wanted.path = String(part?.get('path') ?? '');
  } else {
    part = parts.find(
      (candidate) =>
        candidate.get('field') === wanted.field &&
        String(candidate.get('path') ?? '') === wanted.path,
    );
    if (part === undefined) throw refuse('sequence field must be a part of the index');
  }
  const type = part?.get('type');
  if (type !== 'integer' && type !== 'unsigned') {
    throw refuse('sequence cannot be used with a non-integer key');
  }
}
