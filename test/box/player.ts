/** Plays the steps of scenes on a box and shows what they give in the same way as `record.lua`. */

import type { DdlValue } from '../../src/bee/box/ddl-value.ts';
import { ClientError } from '../../src/bee/box/error.ts';
import type { Tuple } from '../../src/bee/box/tuple.ts';
import type { Savepoint } from '../../src/bee/box/txn.ts';
import { fromHex, toHex } from '../support/hex.ts';
import type { Step } from './scene.ts';
import { type Plain, plain, SmallBox } from './small-box.ts';

export type Shown =
  | null
  | string
  | number
  | readonly Shown[]
  | { readonly error: readonly [number, string] };

/** Numbers of the iterators, by the names that scripts give them. */
const iterators = [
  'EQ',
  'REQ',
  'ALL',
  'LT',
  'LE',
  'GE',
  'GT',
  'BITS_ALL_SET',
  'BITS_ANY_SET',
  'BITS_ALL_NOT_SET',
  'OVERLAPS',
  'NEIGHBOR',
];

const missingSpace = 99999;

export function playScene(steps: readonly Step[]): Shown[] {
  const player = new Player();
  return steps.map((step) => player.play(step));
}

type Call = (...args: never[]) => unknown;

class Player {
  readonly #small = new SmallBox();
  readonly #savepoints = new Map<string, Savepoint>();

  play([name, ...args]: Step): Shown {
    const call = this.#calls[name];
    if (call === undefined) throw new Error(`no call ${name}`);
    try {
      // The cast is right: scenes are written for these calls.
      return shown((call as (...args: unknown[]) => unknown)(...args));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return { error: [error.code, error.message] };
    }
  }

  readonly #calls: Readonly<Record<string, Call>> = this.#makeCalls();

  #makeCalls(): Readonly<Record<string, Call>> {
    const { box } = this.#small;
    const { ddl } = box;
    const id = (space: string): number => box.schema.spaceByName(space)?.id ?? missingSpace;
    const write =
      (call: (spaceId: number, ...args: never[]) => unknown): Call =>
      (space: string, ...args: never[]) =>
        call(id(space), ...args);
    const sequence = (name: string): number => box.schema.sequenceByName(name)?.def.id ?? 0;
    return {
      insert: write((space, tuple: string) => box.insert(space, fromHex(tuple))),
      replace: write((space, tuple: string) => box.replace(space, fromHex(tuple))),
      delete: write((space, index: number, key: string) => box.delete(space, index, fromHex(key))),
      update: write((space, index: number, key: string, ops: string, base: number) =>
        box.update(space, index, fromHex(key), fromHex(ops), base),
      ),
      upsert: write((space, tuple: string, ops: string, base: number) =>
        box.upsert(space, fromHex(tuple), fromHex(ops), base),
      ),
      get: write((space, index: number, key: string) => box.get(space, index, fromHex(key))),
      select: write(
        (space, index: number, iterator: string, key: string, offset: number, limit: number) =>
          box.select(space, index, iterators.indexOf(iterator), offset, limit, fromHex(key)),
      ),
      count: write((space, index: number, iterator: string, key: string) =>
        box.count(space, index, iterators.indexOf(iterator), fromHex(key)),
      ),
      min: write((space, index: number, key: string) => box.min(space, index, fromHex(key))),
      max: write((space, index: number, key: string) => box.max(space, index, fromHex(key))),
      random: write((space, index: number, seed: number) => box.random(space, index, seed)),
      len: write((space, index: number) => box.len(space, index)),
      bsize: write((space, index: number) => box.indexBsize(space, index)),
      truncate: write((space) => box.truncate(space)),
      begin: () => box.begin(),
      commit: () => void box.commit(),
      rollback: () => box.rollback(),
      savepoint: (name: string) => void this.#savepoints.set(name, box.savepoint()),
      rollbackTo: (name: string) => {
        const savepoint = this.#savepoints.get(name);
        if (savepoint === undefined) throw new Error(`no savepoint ${name}`);
        box.rollbackToSavepoint(savepoint);
      },
      space: (name: Plain, options: Plain) => void ddl.createSpace(plain(name), plain(options)),
      index: write((space, name: Plain, options: Plain) => {
        ddl.createIndex(space, plain(name), plain(options));
      }),
      alter: write((space, index: DdlValue, options: Plain) =>
        ddl.alterIndex(space, index, plain(options)),
      ),
      dropIndex: write((space, index: number) => ddl.dropIndex(space, index)),
      renameIndex: write((space, index: number, name: string) =>
        ddl.renameIndex(space, index, name),
      ),
      drop: (space: string) => ddl.dropSpace(id(space), space, undefined),
      renameSpace: write((space, name: string) => ddl.renameSpace(space, name)),
      format: write((space, format: Plain) => void ddl.formatSpace(space, plain(format))),
      sequence: (name: string, options: Plain) => void ddl.createSequence(name, plain(options)),
      alterSequence: (name: string, options: Plain) => ddl.alterSequence(name, plain(options)),
      dropSequence: (name: string) => ddl.dropSequence(name, undefined),
      next: (name: string) => String(box.sequenceNext(sequence(name))),
      current: (name: string) => String(box.sequenceCurrent(sequence(name))),
      set: (name: string, value: number) => box.sequenceSet(sequence(name), BigInt(value)),
      reset: (name: string) => box.sequenceReset(sequence(name)),
      func: (name: string, options: Plain) => ddl.createFunction(name, plain(options)),
      dropFunc: (name: string) => ddl.dropFunction(name, undefined),
      user: (name: string, options: Plain) => ddl.createUser(name, plain(options)),
      dropUser: (name: string, options: Plain) => ddl.dropUser(name, plain(options)),
      passwd: (name: string, password: string) => ddl.passwd(name, password),
      role: (name: string, options: Plain) => ddl.createRole(name, plain(options)),
      dropRole: (name: string, options: Plain) => ddl.dropRole(name, plain(options)),
      grant: (...args: Plain[]) => ddl.grantUser(args.map(plain)),
      revoke: (...args: Plain[]) => ddl.revokeUser(args.map(plain)),
      grantRole: (...args: Plain[]) => ddl.grantRole(args.map(plain)),
      revokeRole: (...args: Plain[]) => ddl.revokeRole(args.map(plain)),
      info: (name: string) => ddl.userInfo(name),
      su: (name: string) => this.#become(name),
      collation: (name: string, type: string, locale: string, options: Plain) =>
        ddl.createCollation(name, type, locale, plain(options)),
      dropCollation: (name: string) => ddl.dropCollation(name, undefined),
    };
  }

  #become(name: string): void {
    const { box } = this.#small;
    const user = box.schema.userByName(name);
    if (user === undefined) throw new Error(`no user ${name}`);
    box.checkSession(user);
    box.current.credentials = user.credentials;
    box.current.session.credentials = user.credentials;
  }
}

function shown(value: unknown): Shown {
  if (value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(shown);
  // The cast is right: nothing else is given back.
  return toHex((value as Tuple).bytes());
}
