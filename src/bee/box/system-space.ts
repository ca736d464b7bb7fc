import type { Logger } from '../base/logger.ts';
import type { AlterHost } from './alter.ts';
import type { BoxHooks } from './box.ts';
import type { Credentials } from './credentials.ts';
import type { Statement, Txn } from './txn.ts';

/** Ids of the spaces that describe the schema. */
export const SystemSpace = {
  VINYL_DEFERRED_DELETE: 257,
  SCHEMA: 272,
  COLLATION: 276,
  VCOLLATION: 277,
  SPACE: 280,
  VSPACE: 281,
  SEQUENCE: 284,
  SEQUENCE_DATA: 285,
  VSEQUENCE: 286,
  INDEX: 288,
  VINDEX: 289,
  FUNC: 296,
  VFUNC: 297,
  USER: 304,
  VUSER: 305,
  PRIV: 312,
  VPRIV: 313,
  CLUSTER: 320,
  TRIGGER: 328,
  TRUNCATE: 330,
  SPACE_SEQUENCE: 340,
  FK_CONSTRAINT: 356,
  CK_CONSTRAINT: 364,
  FUNC_INDEX: 372,
  SESSION_SETTINGS: 380,
} as const;

/** What the triggers of system spaces need of the box. */
export interface SystemHost extends AlterHost {
  readonly hooks: BoxHooks;
  readonly log: Logger;
  /** As whom the statement is made. */
  readonly credentials: Credentials;
  /** The transaction under way. */
  readonly txn: Txn;
}

/** Carries a change of a system space over to the schema, or refuses it. */
export type SystemTrigger = (host: SystemHost, statement: Statement) => void;
