import { checkDdlAccess } from './access.ts';
import { hasGrants, hasTuple } from './alter-space.ts';
import { clientError } from './error.ts';
import { fieldTypeByName, MpType, mpTypeNames } from './field-type.ts';
import { Func, type FuncDef, type FuncLanguage } from './func.ts';
import { checkIdentifier, isNameTooLong, shownName } from './identifier.ts';
import { readOpts } from './opt-def.ts';
import { Privilege } from './privilege.ts';
import { type SystemHost, SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldArray, fieldBool, fieldReader, fieldString, fieldUint32 } from './tuple-field.ts';
import type { Statement } from './txn.ts';

/** Numbers of fields in `_func`. */
const FuncField = {
  ID: 0,
  OWNER: 1,
  NAME: 2,
  SETUID: 3,
  LANGUAGE: 4,
  BODY: 5,
  ROUTINE_TYPE: 6,
  PARAM_LIST: 7,
  RETURNS: 8,
  AGGREGATE: 9,
  SQL_DATA_ACCESS: 10,
  IS_DETERMINISTIC: 11,
  IS_SANDBOXED: 12,
  IS_NULL_CALL: 13,
  EXPORTS: 14,
  OPTS: 15,
  COMMENT: 16,
} as const;

/** Ids of functions are 1 to 32000. */
const functionIdMax = 32000;

/** `_func`: registers functions. */
export function onReplaceFunc(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  const tuple = oldTuple ?? newTuple;
  if (tuple === undefined) return;
  const { schema, hooks } = host;
  const id = fieldUint32(tuple, FuncField.ID);
  const func = schema.func(id);
  const changed = (): void => hooks.onSchemaObjectChange('function', id);
  if (newTuple === undefined) {
    if (func === undefined) return;
    checkDrop(host, func);
    schema.removeFunc(func);
    statement.onRollback(() => {
      schema.addFunc(func);
      changed();
    });
    changed();
  } else if (func === undefined) {
    const created = createFunc(host, newTuple);
    schema.addFunc(created);
    statement.onRollback(() => {
      schema.removeFunc(created);
      changed();
    });
    changed();
  } else {
    const def = decodeFuncDef(newTuple);
    if (JSON.stringify(def) !== JSON.stringify(func.def)) {
      throw clientError('UNSUPPORTED', 'function', 'alter');
    }
  }
}

function createFunc(host: SystemHost, tuple: Tuple): Func {
  const { schema, hooks } = host;
  const def = decodeFuncDef(tuple);
  const { id, name, owner } = def;
  checkDdlAccess(schema, host.credentials, name, id, owner, 'function', Privilege.CREATE);
  const func = new Func(def);
  if (def.language === 'LUA' && def.body !== '') {
    func.compiled = hooks.compileFunction(name, def.body, def.isSandboxed);
  }
  return func;
}

function checkDrop(host: SystemHost, func: Func): void {
  const { schema } = host;
  const { id, name, owner } = func;
  checkDdlAccess(schema, host.credentials, name, id, owner, 'function', Privilege.DROP);
  // The real server shows the owner's id where it means the function's.
  const refuse = (reason: string): Error => clientError('DROP_FUNCTION', owner, reason);
  if (hasGrants(schema, 'function', id)) throw refuse('function has grants');
  if (hasTuple(schema, SystemSpace.FUNC_INDEX, 1, id)) throw refuse('function has references');
  if (func.language === 'SQL_BUILTIN') throw refuse('function is SQL built-in');
}

function decodeFuncDef(tuple: Tuple): FuncDef {
  const name = fieldString(tuple, FuncField.NAME);
  if (isNameTooLong(name)) {
    throw clientError('CREATE_FUNCTION', shownName(name), 'function name is too long');
  }
  checkIdentifier(name);
  const refuse = (reason: string): Error => clientError('CREATE_FUNCTION', name, reason);
  const isFull = tuple.fieldCount > FuncField.BODY;
  if (isFull) checkFixedFields(tuple, refuse);
  const id = fieldUint32(tuple, FuncField.ID);
  if (id > functionIdMax) throw refuse('function id is too big');
  const base = {
    id,
    owner: fieldUint32(tuple, FuncField.OWNER),
    name,
    isSetuid: tuple.fieldCount > FuncField.SETUID && fieldUint32(tuple, FuncField.SETUID) !== 0,
    language: languageOf(tuple, name),
  };
  const def = isFull ? { ...base, ...decodeRest(tuple, refuse) } : { ...base, ...oldDefaults };
  checkBody(def, refuse);
  return def;
}

/** A tuple that ends with the language, as before 2.2. */
const oldDefaults = {
  body: '',
  comment: '',
  isDeterministic: false,
  isSandboxed: false,
  isMultikey: false,
  returns: 'any',
  aggregate: 'none',
  paramCount: 0,
  exports: { lua: true, sql: false },
} as const;

function checkFixedFields(tuple: Tuple, refuse: (reason: string) => Error): void {
  fieldString(tuple, FuncField.BODY);
  fieldString(tuple, FuncField.COMMENT);
  if (fieldString(tuple, FuncField.ROUTINE_TYPE).toLowerCase() !== 'function') {
    throw refuse('unsupported routine_type value');
  }
  if (fieldString(tuple, FuncField.SQL_DATA_ACCESS).toLowerCase() !== 'none') {
    throw refuse('unsupported sql_data_access value');
  }
  if (!fieldBool(tuple, FuncField.IS_NULL_CALL)) throw refuse('unsupported is_null_call value');
}

function languageOf(tuple: Tuple, name: string): FuncLanguage {
  if (tuple.fieldCount <= FuncField.LANGUAGE) return 'LUA';
  const language = fieldString(tuple, FuncField.LANGUAGE);
  const upper = language.toUpperCase();
  if (upper === 'LUA' || upper === 'C' || upper === 'SQL_BUILTIN') return upper;
  throw clientError('FUNCTION_LANGUAGE', language, name);
}

function decodeRest(
  tuple: Tuple,
  refuse: (reason: string) => Error,
): Omit<FuncDef, 'id' | 'owner' | 'name' | 'isSetuid' | 'language'> {
  const isDeterministic = fieldBool(tuple, FuncField.IS_DETERMINISTIC);
  const isSandboxed = fieldBool(tuple, FuncField.IS_SANDBOXED);
  const returns = fieldTypeByName(fieldString(tuple, FuncField.RETURNS));
  if (returns === undefined) throw refuse('invalid returns value');
  const exports = readStrings(tuple, FuncField.EXPORTS).map((text) => text.toUpperCase());
  if (exports.some((language) => language !== 'LUA' && language !== 'SQL')) {
    throw refuse('invalid exports value');
  }
  const aggregate = fieldString(tuple, FuncField.AGGREGATE).toLowerCase();
  if (aggregate !== 'none' && aggregate !== 'group') throw refuse('invalid aggregate value');
  const params = readStrings(tuple, FuncField.PARAM_LIST);
  if (params.some((type) => fieldTypeByName(type) === undefined)) {
    throw refuse('invalid argument type');
  }
  return {
    body: fieldString(tuple, FuncField.BODY),
    comment: fieldString(tuple, FuncField.COMMENT),
    isDeterministic,
    isSandboxed,
    isMultikey: readIsMultikey(tuple),
    returns,
    aggregate,
    paramCount: params.length,
    exports: { lua: exports.includes('LUA'), sql: exports.includes('SQL') },
  };
}

function readStrings(tuple: Tuple, fieldNo: number): string[] {
  const reader = fieldArray(tuple, fieldNo);
  const texts: string[] = [];
  for (let left = reader.readArrayHeader(); left > 0; left--) {
    if (reader.type() !== 'str') {
      throw clientError('FIELD_TYPE', fieldNo + 1, mpTypeNames[MpType.STR] ?? '');
    }
    texts.push(reader.readStr());
  }
  return texts;
}

function readIsMultikey(tuple: Tuple): boolean {
  const reader = fieldReader(tuple, FuncField.OPTS);
  if (reader === undefined || reader.type() !== 'map') return false;
  const errors = { error: 'WRONG_SPACE_OPTIONS', fieldNo: FuncField.OPTS } as const;
  return readOpts({ is_multikey: 'boolean' }, reader, errors).get('is_multikey') === true;
}

function checkBody(def: FuncDef, refuse: (reason: string) => Error): void {
  const hasBody = def.body !== '';
  if (def.language === 'LUA') {
    if (def.isSandboxed && !hasBody) {
      throw refuse(
        'is_sandboxed option may be set only for a persistent Lua function (one with a non-empty body)',
      );
    }
  } else if (hasBody || def.isSandboxed) {
    const language = def.language === 'C' ? 'C' : 'SQL';
    throw refuse(`body and is_sandboxed options are not compatible with ${language} language`);
  }
}
