import type { Collation } from './collation.ts';
import type { Credentials } from './credentials.ts';
import { clientError } from './error.ts';
import type { Func } from './func.ts';
import type { IndexHost } from './index.ts';
import { Access, type ObjectType } from './privilege.ts';
import type { SequenceState } from './sequence.ts';
import type { Space } from './space.ts';
import { type User, UserCache } from './user.ts';

/** Everything that has a name: spaces, users, functions, sequences, collations; and who may do what with them. */
export class Schema implements IndexHost {
  /** Grows with each change of the schema; on the wire in every answer. */
  version = 0;
  /** Grows whenever a space is added, changed or removed: iterators on system views end then. */
  spaceCacheVersion = 0;
  readonly users = new UserCache();
  /** Rights on everything. */
  readonly universe = new Access();
  /** Rights on all objects of a kind. */
  readonly entities: Readonly<Partial<Record<ObjectType, Access>>> = {
    space: new Access(),
    function: new Access(),
    user: new Access(),
    role: new Access(),
    sequence: new Access(),
  };
  /** Called when a space's definition changed in memory, also by a rollback. */
  onSpaceChange: (id: number, space: Space | undefined) => void = () => {};
  /** Called before somebody is refused something: the kind of access, of object, and its name. */
  onAccessDenied: (access: string, objectType: string, objectName: string) => void = () => {};
  readonly #spaces = new Map<number, Space>();
  readonly #spacesByName = new Map<string, Space>();
  readonly #funcs = new Map<number, Func>();
  readonly #funcsByName = new Map<string, Func>();
  readonly #sequences = new Map<number, SequenceState>();
  readonly #collations = new Map<number, Collation>();

  constructor() {
    const admin = this.users.require(1);
    this.universe.effective[admin.token] = -1;
  }

  /** Forgets everything but the users that are always there: a copy of another server takes its place. */
  clear(): void {
    for (const id of [...this.#spaces.keys()]) this.onSpaceChange(id, undefined);
    this.#spaces.clear();
    this.#spacesByName.clear();
    this.#funcs.clear();
    this.#funcsByName.clear();
    this.#sequences.clear();
    this.#collations.clear();
    this.users.clear();
    for (const access of [this.universe, ...Object.values(this.entities)]) access.clear();
    this.universe.effective[this.users.require(1).token] = -1;
    this.spaceCacheVersion++;
    this.version++;
  }

  // Spaces.

  space(id: number): Space | undefined {
    return this.#spaces.get(id);
  }

  spaceByName(name: string): Space | undefined {
    return this.#spacesByName.get(name);
  }

  /** @throws NO_SUCH_SPACE */
  requireSpace(id: number): Space {
    const space = this.#spaces.get(id);
    if (space === undefined) throw clientError('NO_SUCH_SPACE', id);
    return space;
  }

  /** In the order of ids. */
  spaces(): Space[] {
    return [...this.#spaces.values()].sort((a, b) => a.id - b.id);
  }

  /** Puts a space in the place of another; one of them may be missing. */
  replaceSpace(oldSpace: Space | undefined, newSpace: Space | undefined): void {
    if (oldSpace !== undefined) {
      this.#spaces.delete(oldSpace.id);
      if (this.#spacesByName.get(oldSpace.name) === oldSpace) {
        this.#spacesByName.delete(oldSpace.name);
      }
    }
    if (newSpace !== undefined) {
      this.#spaces.set(newSpace.id, newSpace);
      this.#spacesByName.set(newSpace.name, newSpace);
    }
    this.spaceCacheVersion++;
    const id = newSpace?.id ?? oldSpace?.id;
    if (id !== undefined) this.onSpaceChange(id, newSpace);
  }

  spaceName(spaceId: number): string {
    return this.#spaces.get(spaceId)?.name ?? String(spaceId);
  }

  spaceEngine(spaceId: number): string {
    return this.#spaces.get(spaceId)?.engine ?? 'memtx';
  }

  // Users.

  user(id: number): User | undefined {
    return this.users.get(id);
  }

  userByName(name: string): User | undefined {
    return this.users.byName(name);
  }

  /** For logging a user in. @throws NO_SUCH_USER */
  credentialsOf(name: string): Credentials {
    const user = this.users.byName(name);
    if (user === undefined || user.type !== 'user') throw clientError('NO_SUCH_USER', name);
    return user.credentials;
  }

  // Functions.

  func(id: number): Func | undefined {
    return this.#funcs.get(id);
  }

  funcByName(name: string): Func | undefined {
    return this.#funcsByName.get(name);
  }

  funcs(): Func[] {
    return [...this.#funcs.values()].sort((a, b) => a.id - b.id);
  }

  addFunc(func: Func): void {
    this.#funcs.set(func.id, func);
    this.#funcsByName.set(func.name, func);
  }

  removeFunc(func: Func): void {
    this.#funcs.delete(func.id);
    this.#funcsByName.delete(func.name);
  }

  // Sequences.

  sequence(id: number): SequenceState | undefined {
    return this.#sequences.get(id);
  }

  sequenceByName(name: string): SequenceState | undefined {
    for (const sequence of this.#sequences.values()) {
      if (sequence.def.name === name) return sequence;
    }
    return undefined;
  }

  sequences(): SequenceState[] {
    return [...this.#sequences.values()].sort((a, b) => a.def.id - b.def.id);
  }

  addSequence(sequence: SequenceState): void {
    this.#sequences.set(sequence.def.id, sequence);
  }

  removeSequence(sequence: SequenceState): void {
    this.#sequences.delete(sequence.def.id);
  }

  // Collations.

  collation(id: number): Collation | undefined {
    return this.#collations.get(id);
  }

  collationByName(name: string): Collation | undefined {
    for (const collation of this.#collations.values()) {
      if (collation.name === name) return collation;
    }
    return undefined;
  }

  addCollation(collation: Collation): void {
    this.#collations.set(collation.id, collation);
  }

  removeCollation(id: number): void {
    this.#collations.delete(id);
  }

  // Rights.

  /** Where rights on an object, or on all of its kind, are kept. */
  accessOf(type: ObjectType, isEntity: boolean, id: number): Access | undefined {
    if (type === 'universe') return this.universe;
    if (isEntity) return this.entities[type];
    switch (type) {
      case 'space':
        return this.#spaces.get(id)?.access;
      case 'function':
        return this.#funcs.get(id)?.access;
      case 'user':
      case 'role':
        return this.users.get(id)?.access;
      case 'sequence':
        return this.#sequences.get(id)?.access;
      default:
        return undefined;
    }
  }
}
