import type { Fiber, Scheduler, Task } from '../base/fiber.ts';
import type { Logger } from '../base/logger.ts';
import type { Box } from '../box/box.ts';
import type { Session } from '../box/session.ts';
import type { Connection, Network, Random } from '../env/index.ts';
import type { Channel } from '../replication/channel.ts';
import type { ReplicationRequest } from '../replication/relay-service.ts';
import type { Vclock } from '../wal/vclock.ts';

/** What the binary protocol needs of the instance that it opens to the network. */
export interface IprotoHost {
  readonly scheduler: Scheduler;
  /** Its callbacks run inside turns of the instance. */
  readonly network: Network;
  readonly random: Random;
  readonly log: Logger;
  readonly box: Pick<Box, 'executeRequest' | 'checkUniverse' | 'isInTxn' | 'rollback' | 'schema'>;
  /** JOIN, SUBSCRIBE and VOTE; the instance's `Replication`. */
  readonly replication: ReplicationService;
  instanceUuid(): string;
  writtenVclock(): Vclock;
  /** False until the first `db.cfg` is through: nobody can log in before. */
  isConfigured(): boolean;
  /** The option `net_msg_max`: requests that are served at one time, over all connections. */
  netMsgMax(): number;
  /** A session of type 'binary' for guest. */
  openSession(connection: Connection): Session;
  /** Starts a fiber that serves the request `sync` of a session; an open transaction ends with it. */
  spawn(
    name: string,
    session: Session,
    sync: number | bigint,
    body: (fiber: Fiber) => Task<void>,
  ): Fiber;
  /** Returns when all that the running fiber can have seen is written. @throws ClientError ER_WAL_IO */
  durable(): Task<void>;
  readonly evaluator: ProcedureEvaluator;
  readonly triggers: SessionTriggers;
}

export interface ReplicationService {
  /** @throws ServerError what the peer is to be told */
  serve(channel: Channel, request: ReplicationRequest): Task<void>;
  /** Body of the answer to VOTE. */
  ballot(): Uint8Array;
}

/** Runs stored programs, as the session's user. */
export interface ProcedureEvaluator {
  /**
   * Checks that the user may call it, and calls it.
   * @param args a msgpack array
   * @returns a msgpack array of all results
   * @throws ClientError
   */
  call(name: string, args: Uint8Array): Task<Uint8Array>;
  /** The right to execute everything was checked before. */
  eval(expression: string, args: Uint8Array): Task<Uint8Array>;
}

/** `db.session.on_connect` and its like. Undefined where no trigger is set, which is nearly always. */
export interface SessionTriggers {
  /** A ClientError refuses the connection. */
  readonly onConnect: (() => Task<void>) | undefined;
  readonly onDisconnect: (() => Task<void>) | undefined;
  readonly onAuth: ((user: string, isAuthenticated: boolean) => Task<void>) | undefined;
}
