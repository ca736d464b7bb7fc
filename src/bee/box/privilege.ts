/** What may be done, as bits in `_priv.privilege`. */
export const Privilege = {
  READ: 1,
  WRITE: 2,
  EXECUTE: 4,
  SESSION: 8,
  USAGE: 16,
  CREATE: 32,
  DROP: 64,
  ALTER: 128,
  REFERENCE: 256,
  TRIGGER: 512,
  INSERT: 1024,
  UPDATE: 2048,
  DELETE: 4096,
  GRANT: 8192,
  REVOKE: 16384,
  /** As a number of 32 bits; as the bits of a JavaScript number it is −1. */
  ALL: 0xffffffff,
} as const;

const names: readonly string[] = [
  'Read',
  'Write',
  'Execute',
  'Session',
  'Usage',
  'Create',
  'Drop',
  'Alter',
  'Reference',
  'Trigger',
  'Insert',
  'Update',
  'Delete',
  'Grant',
  'Revoke',
];

/** Name of the lowest of the bits, as messages begin with it. */
export function privilegeName(access: number): string {
  const lowest = 31 - Math.clz32(access & -access);
  return names[lowest] ?? 'Any';
}

/** Kinds of things that rights can be held on. */
export type ObjectType =
  | 'universe'
  | 'space'
  | 'function'
  | 'user'
  | 'role'
  | 'sequence'
  | 'collation';

const objectTypes: readonly string[] = [
  'universe',
  'space',
  'function',
  'user',
  'role',
  'sequence',
  'collation',
];

/** The kind of that name. */
export function objectTypeByName(name: string): ObjectType | undefined {
  // The cast is right: the list holds the members of the union.
  return objectTypes.includes(name) ? (name as ObjectType) : undefined;
}

/** Users and roles that there can be at one time. */
export const usersMax = 32;

/** Rights on one object: for each user's token what was granted, and what is in effect with all roles. */
export class Access {
  readonly granted = new Int32Array(usersMax);
  readonly effective = new Int32Array(usersMax);

  /** Bits in effect for a user. */
  of(token: number): number {
    return this.effective[token] ?? 0;
  }

  /** Takes all rights back. */
  clear(): void {
    this.granted.fill(0);
    this.effective.fill(0);
  }
}

/** Ids of the users and roles that every instance has. */
export const SystemUser = { GUEST: 0, ADMIN: 1, PUBLIC: 2, REPLICATION: 3, SUPER: 31 } as const;

/** Users and roles up to this id cannot be dropped. */
export const systemUserIdMax = 31;
