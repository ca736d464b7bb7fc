import type { Fiber, Task } from '../base/fiber.ts';
import { clientError } from '../box/error.ts';
import type { Session } from '../box/session.ts';
import type { Connection } from '../env/index.ts';
import type { Vclock } from '../wal/vclock.ts';
import type { Instance } from './instance.ts';
import type { IprotoHost, ProcedureEvaluator, SessionTriggers } from './iproto-host.ts';

/** What the binary protocol sees of an instance. */
export class InstanceIprotoHost implements IprotoHost {
  readonly scheduler;
  readonly network;
  readonly random;
  readonly log;
  readonly box;
  readonly replication;
  readonly #instance: Instance;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.scheduler = instance.scheduler;
    this.network = instance.env.network;
    this.random = instance.env.random;
    this.log = instance.log.write;
    this.box = instance.box;
    this.replication = instance.replication;
  }

  get evaluator(): ProcedureEvaluator {
    const { lua } = this.#instance;
    if (lua === undefined) throw clientError('LOADING');
    return lua.evaluator;
  }

  get triggers(): SessionTriggers {
    return this.#instance.lua?.triggers ?? noTriggers;
  }

  instanceUuid(): string {
    return this.#instance.storage.uuid;
  }

  writtenVclock(): Vclock {
    return this.#instance.storage.writtenVclock;
  }

  isConfigured(): boolean {
    return this.#instance.isConfigured;
  }

  netMsgMax(): number {
    return this.#instance.config.number('net_msg_max');
  }

  openSession(connection: Connection): Session {
    const session = this.#instance.contexts.makeSession('binary');
    session.peer = connection.peerAddress;
    session.fd = connection.fd;
    return session;
  }

  spawn(
    name: string,
    session: Session,
    sync: number | bigint,
    body: (fiber: Fiber) => Task<void>,
  ): Fiber {
    return this.#instance.spawn(name, this.#instance.contexts.make(session, sync), body);
  }

  durable(): Task<void> {
    return this.#instance.durable();
  }
}

const noTriggers: SessionTriggers = {
  onConnect: undefined,
  onDisconnect: undefined,
  onAuth: undefined,
};
