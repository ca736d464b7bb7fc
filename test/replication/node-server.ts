/** A whole server without its language on Node's disk and TCP, to stand beside a real one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '../../src/bee/base/fiber.ts';
import { Instance } from '../../src/bee/server/instance.ts';
import { decode, encode, type MsgpackValue } from '../../src/bee/wire/msgpack.ts';
import { nodeEnv } from '../../src/node/env.ts';
import type { Options } from './whole-server.ts';

export class NodeServer {
  readonly instance: Instance;
  readonly directory: string;
  readonly lines: string[] = [];
  #isPumping = false;
  /** Something asked for a turn since the last one began. */
  #isWoken = false;
  #ended: (() => void) | undefined;
  #isOver = false;

  constructor(directory?: string) {
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'bee-node-'));
    const env = nodeEnv({ line: (text) => this.lines.push(text) });
    this.instance = new Instance(
      { ...env, process: { ...env.process, cwd: this.directory } },
      {
        wake: () => this.#wake(),
        output: () => undefined,
        prompt: () => undefined,
        exit: () => {
          this.#isOver = true;
          this.#ended?.();
        },
      },
      { args: [], isInteractive: false },
    );
  }

  #wake(): void {
    this.#isWoken = true;
    if (this.#isPumping) return;
    this.#isPumping = true;
    setImmediate(() => this.#pump());
  }

  #pump(): void {
    this.#isWoken = false;
    const hasMore = this.instance.turn() === 'more';
    // What was asked for during the turn may have come too late for it: 'idle' does not take it back.
    if (hasMore || this.#isWoken) setImmediate(() => this.#pump());
    else this.#isPumping = false;
  }

  /** Runs a statement in a fiber of its own; what it wrote is durable then. */
  run<T>(body: () => T): Promise<T> {
    return this.task(function* () {
      return body();
    });
  }

  task<T>(body: () => Task<T>): Promise<T> {
    const { instance } = this;
    const context = instance.contexts.make(instance.contexts.makeSession('console'));
    return new Promise((resolve, reject) => {
      instance.spawn('interactive', context, function* () {
        try {
          const result = yield* body();
          yield* instance.durable();
          resolve(result);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** `db.cfg`. */
  configure(options: Options): Promise<void> {
    const { instance } = this;
    const context = instance.contexts.make(instance.contexts.makeSession('console'));
    return new Promise((resolve, reject) => {
      instance.spawn('interactive', context, function* () {
        try {
          yield* instance.configure(new Map(Object.entries(options)));
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  insert(space: number, ...tuple: MsgpackValue[]): Promise<unknown> {
    return this.run(() => this.instance.box.insert(space, encode(tuple)));
  }

  select(space: number): Promise<MsgpackValue[]> {
    const { box } = this.instance;
    return this.run(() =>
      box.select(space, 0, 2, 0, 0xffffffff, encode([])).map((tuple) => decode(tuple.bytes())),
    );
  }

  /** Resolves when the condition holds; looks again whenever there was a moment for it. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`${what}\n${this.lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Exits in order. @param keep leaves the files for another run */
  async exit(keep?: 'keep'): Promise<void> {
    if (!this.#isOver) {
      const { instance } = this;
      const ended = new Promise<void>((resolve) => {
        this.#ended = resolve;
      });
      const context = instance.contexts.make(instance.contexts.makeSession('console'));
      instance.spawn('interactive', context, () => instance.exit(0));
      await ended;
    }
    if (keep === undefined) rmSync(this.directory, { recursive: true, force: true });
  }
}
