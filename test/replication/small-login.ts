/** Who may log in to a small server: what a login looks at, and nothing of the database behind it. */
import type { Session } from '../../src/bee/box/session.ts';
import type { IprotoHost } from '../../src/bee/server/iproto-host.ts';
import { decodeBase64 } from '../../src/bee/wire/base64.ts';
import { passwordHash } from '../../src/bee/wire/scramble.ts';
import type { SmallOptions } from './small-store.ts';

const credentials = new Map<string, Session['credentials']>();
/** Names by what a session holds. */
export const userNames = new Map<unknown, string>();

/** The same object for the same name, so that a session can be traced to its user. */
export function credentialsFor(name: string): Session['credentials'] {
  const known = credentials.get(name) ?? { uid: 0, authToken: 0, universalAccess: 24 };
  credentials.set(name, known);
  userNames.set(known, name);
  return known;
}

/** The schema has what a login looks at; a test that needs more uses a whole instance. */
export function loginBox(usersOf: () => NonNullable<SmallOptions['users']>): IprotoHost['box'] {
  // Nothing else of the box is reached by a login.
  return {
    executeRequest: () => [],
    checkUniverse: () => undefined,
    isInTxn: false,
    rollback: () => undefined,
    schema: {
      version: 1,
      userByName: (name: string) =>
        usersOf()[name] === undefined && name !== 'guest'
          ? undefined
          : {
              id: name === 'guest' ? 0 : 32,
              owner: 1,
              name,
              type: 'user' as const,
              passwordHash: decodeBase64(passwordHash(usersOf()[name]?.password ?? '')),
            },
      credentialsOf: (name: string) => credentialsFor(name),
    },
  } as unknown as IprotoHost['box'];
}
