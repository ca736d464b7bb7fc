/**
 * Numbers of the binary protocol and of the rows in log files, named as in the real server's source
 * (`iproto_constants.h` of 2.6.0). Values: protocol facts, section 2.2.
 */

/** Request and response types, key 0x00 of a header. */
export const IprotoType = {
  OK: 0,
  SELECT: 1,
  INSERT: 2,
  REPLACE: 3,
  UPDATE: 4,
  DELETE: 5,
  /** The 1.6 form of CALL, in which every result is wrapped in an array. */
  CALL_16: 6,
  AUTH: 7,
  EVAL: 8,
  UPSERT: 9,
  CALL: 10,
  EXECUTE: 11,
  NOP: 12,
  PREPARE: 13,
  CONFIRM: 40,
  ROLLBACK: 41,
  PING: 64,
  JOIN: 65,
  SUBSCRIBE: 66,
  /** VOTE before it had a ballot; answered like VOTE. */
  VOTE_DEPRECATED: 67,
  VOTE: 68,
  FETCH_SNAPSHOT: 69,
  REGISTER: 70,
  /** A piece sent by `db.session.push` before the answer. */
  CHUNK: 128,
  /** Error answers have this bit and the error's number below it. */
  TYPE_ERROR: 0x8000,
} as const;

/** Keys of headers (below 0x10) and bodies. */
export const IprotoKey = {
  REQUEST_TYPE: 0x00,
  SYNC: 0x01,
  REPLICA_ID: 0x02,
  LSN: 0x03,
  TIMESTAMP: 0x04,
  SCHEMA_VERSION: 0x05,
  SERVER_VERSION: 0x06,
  GROUP_ID: 0x07,
  TSN: 0x08,
  FLAGS: 0x09,
  SPACE_ID: 0x10,
  INDEX_ID: 0x11,
  LIMIT: 0x12,
  OFFSET: 0x13,
  ITERATOR: 0x14,
  INDEX_BASE: 0x15,
  KEY: 0x20,
  /** The tuple; the arguments of CALL and EVAL; the operations of UPDATE. */
  TUPLE: 0x21,
  FUNCTION_NAME: 0x22,
  USER_NAME: 0x23,
  INSTANCE_UUID: 0x24,
  CLUSTER_UUID: 0x25,
  VCLOCK: 0x26,
  EXPRESSION: 0x27,
  OPS: 0x28,
  BALLOT: 0x29,
  TUPLE_META: 0x2a,
  OPTIONS: 0x2b,
  DATA: 0x30,
  /** The error's text: all that 1.6 sends. */
  ERROR_24: 0x31,
  METADATA: 0x32,
  BIND_METADATA: 0x33,
  BIND_COUNT: 0x34,
  SQL_TEXT: 0x40,
  SQL_BIND: 0x41,
  SQL_INFO: 0x42,
  STMT_ID: 0x43,
  REPLICA_ANON: 0x50,
  ID_FILTER: 0x51,
  /** The stack of errors with their fields. */
  ERROR: 0x52,
} as const;

/** Keys inside a ballot, the answer to VOTE. */
export const BallotKey = {
  IS_RO: 0x01,
  VCLOCK: 0x02,
  GC_VCLOCK: 0x03,
  IS_LOADING: 0x04,
} as const;

/** Keys inside one error of an error stack. */
export const ErrorKey = {
  TYPE: 0x00,
  FILE: 0x01,
  LINE: 0x02,
  MESSAGE: 0x03,
  ERRNO: 0x04,
  CODE: 0x05,
  FIELDS: 0x06,
} as const;

/** The list of errors inside `IprotoKey.ERROR`. */
export const errorStackKey = 0x00;

/** Key 0x09 of a row: it ends its transaction. */
export const iprotoFlagCommit = 0x01;

/** Key 0x07 of a row: 0 for ordinary spaces, 1 for spaces whose rows never leave the server. */
export const GroupId = { DEFAULT: 0, LOCAL: 1 } as const;

/** Ids 1 to 31 can be given to servers; 0 is for local rows and anonymous replicas. */
export const vclockMax = 32;

/** What SUBSCRIBE tells of this server's version: 2.6.0 as `0x020600`. */
export const serverVersionId = 0x020600;

/** The real server's name for a request type, as in `error applying row: {type: 'INSERT', …`. */
export function iprotoTypeName(type: number): string | undefined {
  return typeNames.get(type);
}

const typeNames = new Map<number, string>(
  Object.entries(IprotoType).map(([name, type]) => [type, name === 'CALL_16' ? 'CALL' : name]),
);

/** What the real server's readers of logs, its module `xlog` and `tarantoolctl cat`, call the fields of a row's body. */
export const rowFieldNames: ReadonlyMap<number, string> = new Map([
  [IprotoKey.SPACE_ID, 'space_id'],
  [IprotoKey.INDEX_ID, 'index_id'],
  [IprotoKey.INDEX_BASE, 'index_base'],
  [IprotoKey.KEY, 'key'],
  [IprotoKey.TUPLE, 'tuple'],
  [IprotoKey.OPS, 'operations'],
]);
