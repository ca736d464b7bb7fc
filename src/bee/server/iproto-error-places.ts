import { errorCodes } from '../box/errcode.ts';
import { ClientError } from '../box/error.ts';

/**
 * Where the real server raises the errors that reach logs and clients, asked from it. The box does not know such places; a log
 * line of an applier (`memtx_tree.c:577 E> ER_TUPLE_FOUND: …`) and the stack in an answer show them.
 */
const places: Readonly<Record<number, readonly [file: string, line: number]>> = {
  [errorCodes.ILLEGAL_PARAMS]: ['box.cc', 1316],
  [errorCodes.TUPLE_FOUND]: ['memtx_tree.c', 577],
  [errorCodes.READONLY]: ['box.cc', 152],
  [errorCodes.KEY_PART_TYPE]: ['key_def.h', 532],
  [errorCodes.NO_SUCH_PROC]: ['./src/box/lua/call.c', 116],
  [errorCodes.NO_SUCH_INDEX_ID]: ['space.h', 335],
  [errorCodes.NO_SUCH_SPACE]: ['schema.h', 84],
  [errorCodes.NO_SUCH_USER]: ['user.cc', 539],
  [errorCodes.REPLICA_ID_IS_RESERVED]: ['replication.cc', 122],
  [errorCodes.REPLICA_MAX]: ['replication.cc', 127],
  [errorCodes.UPDATE_ARG_TYPE]: ['xrow_update_field.c', 55],
  [errorCodes.UPDATE_INTEGER_OVERFLOW]: ['xrow_update_field.c', 63],
  [errorCodes.UPDATE_SPLICE]: ['xrow_update_field.c', 79],
  [errorCodes.NO_SUCH_FIELD_NO]: ['xrow_update_field.c', 88],
  [errorCodes.UPDATE_FIELD]: ['xrow_update_field.c', 100],
  [errorCodes.UNKNOWN_UPDATE_OP]: ['xrow_update_field.c', 665],
};

/** Gives an error that has no place the one that it has in the real server, where that is known. */
export function placed<T>(error: T): T {
  if (!(error instanceof ClientError) || error.file !== '') return error;
  const place = placeOf(error);
  if (place !== undefined) error.at(...place);
  return error;
}

function placeOf(error: ClientError): readonly [string, number] | undefined {
  if (error.code === errorCodes.ACCESS_DENIED) return accessPlace(error);
  if (error.type === 'LuajitError') return luaPlace(error);
  return places[error.code];
}

/** Code that EVAL could not compile fails in another place than code that ran. */
function luaPlace(error: ClientError): readonly [string, number] {
  const isSyntax = /^eval:\d+: .* near '/.test(error.message);
  return isSyntax ? ['./src/box/lua/call.c', 384] : ['./src/lua/utils.c', 1005];
}

function accessPlace(error: ClientError): readonly [string, number] {
  return error.fields?.['object_type'] === 'space' ? ['space.c', 91] : ['session.cc', 332];
}
