/** Whole servers without their language in a simulated world: box, log, replication and protocol, told what to do by tests. */
import type { Task } from '../../src/bee/base/fiber.ts';
import { DdlTable } from '../../src/bee/box/ddl-value.ts';
import { Instance } from '../../src/bee/server/instance.ts';
import { decode, encode, type MsgpackValue } from '../../src/bee/wire/msgpack.ts';
import type { SimWorld, Spawned } from '../../src/sim/index.ts';

export type Options = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export class WholeServer {
  readonly spawned: Spawned<Instance>;
  readonly sim: SimWorld;

  constructor(sim: SimWorld, name: string, options?: Options) {
    this.sim = sim;
    this.spawned = sim.spawn(
      (env, host) =>
        new Instance(
          env,
          { ...host, output: () => undefined, prompt: () => undefined },
          { args: [], isInteractive: false },
        ),
      { cwd: `/home/user/${name}` },
    );
    if (options !== undefined) this.begin(() => this.configureTask(options));
  }

  get instance(): Instance {
    return this.spawned.process;
  }

  get log(): readonly string[] {
    return this.spawned.log;
  }

  get isUp(): boolean {
    return this.instance.isConfigured;
  }

  get isInSync(): boolean {
    return this.isUp && !this.instance.isOrphan;
  }

  *configureTask(options: Options): Task<void> {
    yield* this.instance.configure(new Map(Object.entries(options)));
  }

  /** Starts a statement and does not wait for it. */
  begin(body: () => Task<void>): { isDone: boolean; error: unknown } {
    const outcome: { isDone: boolean; error: unknown } = { isDone: false, error: undefined };
    const { contexts } = this.instance;
    const context = contexts.make(contexts.makeSession('console'));
    this.instance.spawn('interactive', context, function* () {
      try {
        yield* body();
      } catch (error) {
        outcome.error = error;
      }
      outcome.isDone = true;
    });
    return outcome;
  }

  /** Runs a statement to its end, with what it wrote durable. */
  run<T>(body: () => T): T {
    let result: T | undefined;
    const { instance } = this;
    const outcome = this.begin(function* () {
      result = body();
      yield* instance.durable();
    });
    this.sim.expectUntil('the statement ends', () => outcome.isDone, 60);
    if (outcome.error !== undefined) throw outcome.error;
    return result as T;
  }

  /** `db.cfg`. */
  configure(options: Options, withinSeconds = 400): void {
    const outcome = this.begin(() => this.configureTask(options));
    this.sim.expectUntil('db.cfg ends', () => outcome.isDone, withinSeconds);
    if (outcome.error !== undefined) throw outcome.error;
  }

  insert(space: number, ...tuple: MsgpackValue[]): void {
    this.run(() => this.instance.box.insert(space, encode(tuple)));
  }

  select(space: number): MsgpackValue[] {
    const { box } = this.instance;
    return this.run(() =>
      box.select(space, 0, 2, 0, 0xffffffff, encode([])).map((tuple) => decode(tuple.bytes())),
    );
  }

  /** Creates the manual's user and, if wanted, its space (512). */
  prepare(withSpace = true): void {
    const { ddl } = this.instance.box;
    this.run(() => {
      ddl.createUser('replicator', new DdlTable([['password', 'password']]));
      ddl.grantUser(['replicator', 'execute', 'role', 'replication']);
      if (!withSpace) return;
      ddl.createSpace('tester', undefined);
      ddl.createIndex(512, 'primary', undefined);
    });
  }

  exit(): void {
    this.begin(() => this.instance.exit(0));
    this.sim.expectUntil('it exits', () => !this.spawned.status.isAlive, 10);
  }

  kill(): void {
    this.sim.kill(this.spawned.pid);
  }
}
