import type { Credentials } from './credentials.ts';

/** What kind of peer a session serves, as `db.session.type()` names it. */
export type SessionType = 'background' | 'binary' | 'console' | 'repl' | 'applier';

/** A connection, the console or a group of background fibers: who is logged in, and what they keep. */
export class Session {
  readonly id: number;
  type: SessionType;
  /** The logged-in user; `db.session.su` changes it. */
  credentials: Credentials;
  /** `host:port` of the other side; undefined where there is none. */
  peer: string | undefined;
  /** File descriptor for `db.session.fd()`, -1 where there is none. */
  fd = -1;
  /** `db.session.storage`: belongs to the Lua layer. */
  storage: unknown;
  /** Shows the client a value before its answer (`db.session.push`); undefined where the client knows no such thing. */
  push: ((value: Uint8Array, sync: number | bigint) => void) | undefined;
  /** Values last drawn from sequences in this session; the real server keeps none, but SQL's ids. */
  readonly settings = new Map<string, boolean | string>();

  constructor(id: number, type: SessionType, credentials: Credentials) {
    this.id = id;
    this.type = type;
    this.credentials = credentials;
  }
}
