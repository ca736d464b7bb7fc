import type { Credentials } from './credentials.ts';
import type { LimboEntry } from './limbo.ts';
import type { Session } from './session.ts';
import type { Txn } from './txn.ts';

/** What belongs to one fiber. The server sets `box.current` at every switch. */
export interface BoxContext {
  session: Session;
  /** As whom the fiber acts now: the session's user, unless `db.session.su(user, f)` or a setuid function is under way. */
  credentials: Credentials;
  txn: Txn | undefined;
  /**
   * Rows that the fiber committed could not be written and are out of memory again, and it has not been told: its next commit is
   * refused, or what waits for the log before that raises.
   */
  hasLostRows: boolean;
  /** Its last transaction that waits for other servers' acknowledgements, or for one that does: the next commit point waits for it. */
  unconfirmed: LimboEntry | undefined;
  /** Transactions that the fiber committed and whose fate is not known yet. */
  unwrittenCommits: number;
}
