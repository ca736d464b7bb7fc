import type { Credentials } from './credentials.ts';
import type { Space } from './space.ts';

/** Everything that has a name: spaces, users, functions, sequences, collations. */
export interface Schema {
  /** Grows with each change of the schema; on the wire in every answer. */
  readonly version: number;
  space(id: number): Space | undefined;
  spaceByName(name: string): Space | undefined;
  /** In the order of ids. */
  spaces(): Iterable<Space>;
  user(id: number): User | undefined;
  userByName(name: string): User | undefined;
  func(id: number): Func | undefined;
  funcByName(name: string): Func | undefined;
  funcs(): Iterable<Func>;
  sequence(id: number): Sequence | undefined;
  sequenceByName(name: string): Sequence | undefined;
  sequences(): Iterable<Sequence>;
  /** For logging a user in. ER_NO_SUCH_USER. */
  credentialsOf(name: string): Credentials;
}

export interface User {
  readonly id: number;
  readonly owner: number;
  readonly name: string;
  readonly type: 'user' | 'role';
  /** sha1(sha1(password)); undefined when no password is set. */
  readonly passwordHash: Uint8Array | undefined;
}

export interface Func {
  readonly id: number;
  readonly owner: number;
  readonly name: string;
  readonly isSetuid: boolean;
  readonly language: 'LUA' | 'C' | 'SQL' | 'SQL_BUILTIN';
  readonly body: string;
  readonly isDeterministic: boolean;
  readonly isSandboxed: boolean;
  readonly exports: { readonly lua: boolean; readonly sql: boolean };
  readonly returns: string;
  readonly comment: string;
  /** What `hooks.compileFunction` returned for a function with a body. */
  readonly compiled: unknown;
}

export interface Sequence {
  readonly id: number;
  readonly owner: number;
  readonly name: string;
  readonly step: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly start: bigint;
  readonly cache: bigint;
  readonly isCycle: boolean;
}
