import type { Credentials } from './credentials.ts';
import { clientError } from './error.ts';
import { Access, type ObjectType, SystemUser, usersMax } from './privilege.ts';

/** What a tuple of `_user` says. */
export interface UserDef {
  readonly id: number;
  readonly owner: number;
  readonly name: string;
  readonly type: 'user' | 'role';
  /** sha1(sha1(password)); undefined when no password is set. */
  readonly passwordHash: Uint8Array | undefined;
}

/** A right that a user has of itself or by a role. */
export interface Grant {
  readonly objectType: ObjectType;
  /** On all objects of the type. */
  readonly isEntity: boolean;
  readonly objectId: number;
  access: number;
}

/** A user or a role. */
export class User {
  def: UserDef;
  /** Where its rights stand in each Access. */
  readonly token: number;
  /** Who may do what with this user itself. */
  readonly access = new Access();
  /** Roles granted to it. */
  readonly roles = new Set<User>();
  /** Users and roles that it, a role, was granted to. */
  readonly users = new Set<User>();
  /** Rights of its own and of its roles. */
  grants = new Map<string, Grant>();
  isDirty = false;
  /** One object for all sessions of the user, so that a change of rights reaches them at once. */
  readonly credentials: Credentials;

  constructor(def: UserDef, token: number) {
    this.def = def;
    this.token = token;
    this.credentials = { uid: def.id, authToken: token, universalAccess: 0 };
  }

  get id(): number {
    return this.def.id;
  }

  get owner(): number {
    return this.def.owner;
  }

  get name(): string {
    return this.def.name;
  }

  get type(): 'user' | 'role' {
    return this.def.type;
  }

  get passwordHash(): Uint8Array | undefined {
    return this.def.passwordHash;
  }

  /** Adds a right to those it has. */
  addGrant(grant: Grant): void {
    const key = grantKey(grant);
    const present = this.grants.get(key);
    if (present === undefined) this.grants.set(key, { ...grant });
    else present.access |= grant.access;
  }

  /** What it may do with the object of a right, as bits. */
  accessBy(grant: Grant): number {
    return this.grants.get(grantKey(grant))?.access ?? 0;
  }
}

function grantKey({ objectType, isEntity, objectId }: Grant): string {
  return `${objectType}/${isEntity}/${objectId}`;
}

/** All users and roles. */
export class UserCache {
  readonly #byId = new Map<number, User>();
  readonly #tokens = new Set<number>();

  constructor() {
    this.clear();
  }

  /** Forgets all but guest and admin, who stay the same objects: sessions hold their credentials. */
  clear(): void {
    const isBuiltIn = (id: number): boolean => id === SystemUser.GUEST || id === SystemUser.ADMIN;
    for (const user of [...this.#byId.values()]) if (!isBuiltIn(user.id)) this.delete(user.id);
    const guest = this.replace(builtIn(SystemUser.GUEST, 'guest'));
    const admin = this.replace(builtIn(SystemUser.ADMIN, 'admin'));
    for (const user of [guest, admin]) {
      user.grants.clear();
      user.roles.clear();
      user.users.clear();
    }
    guest.credentials.universalAccess = 0;
    admin.credentials.universalAccess = -1;
  }

  get(id: number): User | undefined {
    return this.#byId.get(id);
  }

  /** @throws NO_SUCH_USER */
  require(id: number): User {
    const user = this.#byId.get(id);
    if (user === undefined) throw clientError('NO_SUCH_USER', String(id));
    return user;
  }

  /** Finds by name among users and roles. */
  byName(name: string): User | undefined {
    for (const user of this.#byId.values()) if (user.name === name) return user;
    return undefined;
  }

  all(): IterableIterator<User> {
    return this.#byId.values();
  }

  /** Adds a user, or gives it a new definition. @throws USER_MAX */
  replace(def: UserDef): User {
    const present = this.#byId.get(def.id);
    if (present !== undefined) {
      present.def = def;
      return present;
    }
    let token = 0;
    while (this.#tokens.has(token)) token++;
    if (token >= usersMax) throw clientError('USER_MAX', usersMax);
    this.#tokens.add(token);
    const user = new User(def, token);
    this.#byId.set(def.id, user);
    return user;
  }

  delete(id: number): void {
    const user = this.#byId.get(id);
    if (user === undefined) return;
    this.#tokens.delete(user.token);
    this.#byId.delete(id);
  }
}

function builtIn(id: number, name: string): UserDef {
  return { id, owner: SystemUser.ADMIN, name, type: 'user', passwordHash: undefined };
}

/** Throws when granting the role to the grantee would make a role its own member. */
export function checkRoleLoop(grantee: User, role: User): void {
  const seen = new Set<User>([grantee]);
  let layer = [grantee];
  while (layer.length > 0) {
    layer = layer.flatMap((user) => [...user.users]).filter((user) => !seen.has(user));
    for (const user of layer) seen.add(user);
  }
  if (seen.has(role)) throw clientError('ROLE_LOOP', role.name, grantee.name);
}
