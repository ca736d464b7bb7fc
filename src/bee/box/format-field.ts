import { clientError } from './error.ts';
import { containsType, type FieldType } from './field-type.ts';
import { type PathToken, tokenText } from './json-path.ts';
import type { KeyDef, KeyPart } from './key-def.ts';

/** What a space's format says of a field (`_space.format`). */
export interface FieldDef {
  readonly name: string;
  readonly type: FieldType;
  readonly isNullable: boolean;
  readonly nullableAction: ConflictAction;
  readonly collationId: number;
}

/** What happens to a nil where none may be. Only `none` (it may) differs from the rest in NoSQL. */
export const conflictActions = [
  'none',
  'rollback',
  'abort',
  'fail',
  'ignore',
  'replace',
  'default',
] as const;
export type ConflictAction = (typeof conflictActions)[number];

/** Id that stands for no collation. */
export const noCollation = 0;

/** A field, or a place inside a field that an index reaches by a path. */
export class FormatField {
  type: FieldType = 'any';
  nullableAction: ConflictAction = 'none';
  collationId = noCollation;
  isKeyPart = false;
  /** Below this place: by array index, by key, or any (`[*]`). */
  readonly children: FormatField[] = [];
  readonly parent: FormatField | undefined;
  readonly token: PathToken;

  constructor(parent: FormatField | undefined, token: PathToken) {
    this.parent = parent;
    this.token = token;
  }

  get isNullable(): boolean {
    return this.nullableAction === 'none';
  }

  get isMultikey(): boolean {
    return this.children[0]?.token.kind === 'any';
  }

  /** As messages name it: `2` for a field, `[2]["key"]` for a place inside one. */
  get path(): string {
    if (this.parent === undefined) return tokenText(this.token).slice(1, -1);
    let text = '';
    for (let field: FormatField | undefined = this; field !== undefined; field = field.parent) {
      text = tokenText(field.token) + text;
    }
    return text;
  }

  childAtIndex(index: number): FormatField | undefined {
    return this.children.find((child) => {
      const { token } = child;
      return token.kind === 'any' || (token.kind === 'number' && token.index === index);
    });
  }

  childOf(token: PathToken): FormatField | undefined {
    return this.children.find((child) => tokenText(child.token) === tokenText(token));
  }
}

/** True when every value that the other field takes is taken by this one. */
export function fieldCanStore(field: FormatField, other: FormatField | undefined): boolean {
  if (other === undefined) return field.type === 'any' && field.isNullable;
  if (!containsType(field.type, other.type)) return false;
  if (other.isNullable && !field.isNullable) return false;
  return field.children.every((child) => fieldCanStore(child, other.childOf(child.token)));
}

/** The fields of a format and of the index parts, with what both say of them. */
export function makeFields(defs: readonly FieldDef[], keys: readonly KeyDef[]): FormatField[] {
  let count = defs.length;
  for (const key of keys) {
    if (key.forFuncIndex) continue;
    for (const part of key.parts) count = Math.max(count, part.fieldNo + 1);
  }
  const fields: FormatField[] = [];
  for (let index = 0; index < count; index++) {
    const field = new FormatField(undefined, { kind: 'number', index });
    const def = defs[index];
    if (def !== undefined) {
      field.type = def.type;
      field.nullableAction = def.nullableAction;
      field.collationId = def.collationId;
    }
    fields.push(field);
  }
  for (const key of keys) {
    if (key.forFuncIndex) continue;
    for (const part of key.parts) narrowByPart(fields, part, defs.length);
  }
  return fields;
}

/** Narrows the field that an index part stands for, or says why the part does not fit. */
function narrowByPart(fields: readonly FormatField[], part: KeyPart, defCount: number): void {
  const root = fields[part.fieldNo];
  if (root === undefined) return;
  const field = part.path === undefined ? root : addPath(root, part.path);
  if (part.fieldNo >= defCount && !field.isKeyPart) field.nullableAction = part.nullableAction;
  if (field.nullableAction === 'default') {
    if (part.nullableAction !== 'none' || part.path !== undefined) {
      field.nullableAction = part.nullableAction;
    }
  } else if (part.nullableAction === 'default') {
    if (field.nullableAction === 'none') field.nullableAction = part.nullableAction;
  } else if (field.nullableAction !== part.nullableAction) {
    throw clientError('ACTION_MISMATCH', field.path, field.nullableAction, part.nullableAction);
  }
  if (containsType(field.type, part.type)) {
    field.type = part.type;
  } else if (!containsType(part.type, field.type)) {
    const error = field.isKeyPart ? 'INDEX_PART_TYPE_MISMATCH' : 'FORMAT_MISMATCH_INDEX_PART';
    throw clientError(error, field.path, field.type, part.type);
  }
  field.isKeyPart = true;
}

function addPath(root: FormatField, path: readonly PathToken[]): FormatField {
  let parent = root;
  for (const token of path) {
    const expected = token.kind === 'key' ? 'map' : 'array';
    if (!containsType(parent.type, expected)) {
      throw clientError('INDEX_PART_TYPE_MISMATCH', parent.path, parent.type, expected);
    }
    parent.type = expected;
    const hasOther =
      token.kind === 'any' ? !parent.isMultikey && parent.children.length > 0 : parent.isMultikey;
    if (hasOther) throw clientError('MULTIKEY_INDEX_MISMATCH', parent.path);
    let child = parent.childOf(token);
    if (child === undefined) {
      child = new FormatField(parent, token);
      parent.children.push(child);
    }
    forbidNil(parent);
    parent.isKeyPart = true;
    parent = child;
  }
  forbidNil(parent);
  return parent;
}

/** What a path goes through may be missing, but not nil. */
function forbidNil(field: FormatField): void {
  if ((field.type === 'array' || field.type === 'map') && field.isNullable) {
    field.nullableAction = 'default';
  }
}
