/**
 * A seeded world for Bee: clock, disk and network in memory, processes that are killed and restarted, one seed per run.
 *
 * How a run goes:
 *  1. `new SimWorld({ seed })` forks one random generator per part, so that a draw in one does not move the others.
 *  2. `spawn` makes an Env out of `SimDisk`, `SimNetwork`, `SimClock` and hands it to a factory; the process may ask for turns.
 *  3. `step` gives one turn to one process that wants it, drawn by the seed, or, when none does, goes to the next
 *     event (`Timeline.advance`), which completes a disk call, moves a packet or fires a timer.
 *  4. An event reaches a process through `SimProcess.deliver`, which makes it want a turn.
 *  5. `kill` loses what was not reported (`SimDisk.crash`) and ends its connections (`NetworkWorld.crash`).
 *  6. `runUntil` and `settle` repeat `step`; both have a bound of virtual time, so that a deadlock is a failure with a trace.
 *
 * Nothing here knows what a server is. What real machines do and this world does not: threads, reordering of one
 * file's appends, loss of reported bytes, two machines with clocks of different speed.
 */
import { assert } from '../bee/base/assert.ts';
import type { Env, LogLevel } from '../bee/env/index.ts';
import { SeededRandom } from './random.ts';
import { SimClock } from './sim-clock.ts';
import {
  type DiskFaults,
  type DiskWorld,
  noDiskFaults,
  noOwnDiskFaults,
  type OwnDiskFaults,
  SimDisk,
} from './sim-disk.ts';
import { SimFileSystem } from './sim-file-system.ts';
import { NetworkWorld, SimNetwork } from './sim-network.ts';
import { type Process, type ProcessFactory, SimProcess } from './sim-process.ts';
import { Timeline } from './timeline.ts';

export interface SimWorldOptions {
  readonly seed: number;
  /** Keeps the last so many lines of the trace; 0 keeps none. */
  readonly traceLinesMax?: number;
  /** False leaves disk calls and packets out of the trace: what is left reads as a story. */
  readonly isTraceDetailed?: boolean;
  /** Hears each line of the trace when it is made. */
  readonly onTrace?: (line: string) => void;
  /** `powerCut` will be called: the disk remembers what was not flushed. */
  readonly powerLoss?: boolean;
}

export interface SpawnOptions {
  /** Working directory; made when it is missing. */
  readonly cwd: string;
  /** By which links and faults know it, restarts included. Its directory's name when absent. */
  readonly name?: string;
  readonly home?: string;
  readonly hostname?: string;
  readonly environment?: ReadonlyMap<string, string>;
  /** Seconds that its wall clock is ahead of the world's. */
  readonly clockSkew?: number;
  readonly onLog?: (text: string, level: LogLevel) => void;
}

/** A process as the one who spawned it sees it. */
export interface Spawned<P extends Process> {
  readonly pid: number;
  readonly process: P;
  readonly status: SimProcess;
  readonly clock: SimClock;
  /** Its log lines, oldest first. */
  readonly log: readonly string[];
}

interface Running {
  readonly status: SimProcess;
  readonly disk: SimDisk;
  turn: () => 'idle' | 'more';
}

/** Microseconds of world time that a turn takes at most. */
const turnMicrosMax = 50;

/** Log lines kept of one process: enough for a test, bounded for a run of a million turns. */
const logLinesMax = 10_000;

export class SimWorld {
  readonly seed: number;
  readonly timeline = new Timeline();
  readonly files: SimFileSystem;
  readonly network: NetworkWorld;
  /** Faults of every disk; change them while the world runs. */
  readonly diskFaults: DiskFaults = { ...noDiskFaults };
  /** For the workload of whoever runs the world. */
  readonly random: SeededRandom;
  readonly #diskWorld: DiskWorld;
  readonly #schedule: SeededRandom;
  readonly #processRandom: SeededRandom;
  readonly #running = new Map<number, Running>();
  readonly #traceLinesMax: number;
  readonly #onTrace: ((line: string) => void) | undefined;
  #trace: string[] = [];
  #nextPid = 1001;
  #steps = 0;

  constructor(options: SimWorldOptions) {
    this.seed = options.seed;
    this.#traceLinesMax = options.traceLinesMax ?? 200;
    this.#onTrace = options.onTrace;
    const root = new SeededRandom(options.seed);
    this.random = root.fork();
    this.#schedule = root.fork();
    this.#processRandom = root.fork();
    this.files = new SimFileSystem(() => this.timeline.wallSeconds);
    if (options.powerLoss === true) this.files.trackUnflushed();
    const isDetailed = options.isTraceDetailed ?? true;
    const trace = (text: () => string): void => {
      if (isDetailed && this.#isTracing) this.trace(text());
    };
    this.network = new NetworkWorld(this.timeline, root.fork(), trace);
    this.#diskWorld = {
      timeline: this.timeline,
      random: root.fork(),
      files: this.files,
      faults: this.diskFaults,
      ownFaults: new Map(),
      locks: new Map(),
      trace,
    };
  }

  /** Seconds since the world began. */
  get now(): number {
    return this.timeline.now / 1e6;
  }

  /** Faults of one server's disk, restarts included, on top of those of every disk. */
  diskFaultsOf(name: string): OwnDiskFaults {
    const { ownFaults } = this.#diskWorld;
    const faults = ownFaults.get(name) ?? { ...noOwnDiskFaults };
    ownFaults.set(name, faults);
    return faults;
  }

  /** Ends all faults of all disks. */
  healDisks(): void {
    Object.assign(this.diskFaults, noDiskFaults);
    for (const faults of this.#diskWorld.ownFaults.values()) Object.assign(faults, noOwnDiskFaults);
  }

  /** Starts a process. */
  spawn<P extends Process>(factory: ProcessFactory<P>, options: SpawnOptions): Spawned<P> {
    const pid = this.#nextPid++;
    const name = options.name ?? options.cwd.slice(options.cwd.lastIndexOf('/') + 1);
    const status = new SimProcess(pid, name, this.timeline);
    const disk = new SimDisk(this.#diskWorld, status);
    const clock = new SimClock(this.timeline, status);
    clock.skew = options.clockSkew ?? 0;
    const log: string[] = [];
    const random = this.#processRandom.fork();
    this.files.makeDirectories(options.cwd);
    const env: Env = {
      disk,
      network: new SimNetwork(this.network, status),
      clock,
      random: { bytes: (length) => random.bytes(length) },
      log: {
        line: (text, level) => {
          if (log.length < logLinesMax) log.push(text);
          this.trace(`${name} log ${text}`);
          options.onLog?.(text, level);
        },
      },
      process: {
        pid,
        cwd: options.cwd,
        home: options.home ?? '/home/user',
        hostname: options.hostname ?? 'localhost',
        environment: options.environment ?? new Map(),
      },
    };
    this.trace(`${name} spawned as ${pid}`);
    const running: Running = { status, disk, turn: () => 'idle' };
    this.#running.set(pid, running);
    const process = factory(env, {
      wake: () => {
        status.wantsTurn = true;
      },
      exit: (code) => this.#exit(pid, code),
    });
    running.turn = () => process.turn();
    status.wantsTurn = true;
    return { pid, process, status, clock, log };
  }

  /** kill -9: the process never runs again; what it had not been told of may be lost. Harmless when it is gone. */
  kill(pid: number): void {
    const running = this.#running.get(pid);
    if (running === undefined) return;
    this.trace(`${running.status.name} killed`);
    running.status.state = 'killed';
    this.#remove(running);
  }

  /** The machine loses its power: every process is killed, and of what was not strict some may be lost. */
  powerCut(): void {
    this.trace('power cut');
    for (const pid of [...this.#running.keys()]) this.kill(pid);
    this.files.losePower(this.#diskWorld.random);
  }

  /** Stops a process without killing it (SIGSTOP): its events wait. */
  pause(pid: number): void {
    const status = this.#running.get(pid)?.status;
    if (status?.state !== 'running') return;
    this.trace(`${status.name} paused`);
    status.state = 'paused';
  }

  resume(pid: number): void {
    const status = this.#running.get(pid)?.status;
    if (status === undefined) return;
    this.trace(`${status.name} resumed`);
    status.resume();
  }

  /** One turn of one process, or the next event. False when nothing will ever happen again. */
  step(): boolean {
    this.#steps++;
    const next = this.#drawReady();
    if (next === undefined) return this.timeline.advance();
    // What is due comes first: a process that says 'more' for ever must not stop the clock for the others.
    const at = this.timeline.queue.nextAt();
    if (at !== undefined && at <= this.timeline.now && this.#schedule.chance(0.5)) {
      return this.timeline.advance();
    }
    this.timeline.pass(1 + this.#schedule.below(turnMicrosMax));
    next.status.wantsTurn = false;
    if (next.turn() === 'more') next.status.wantsTurn = true;
    return true;
  }

  /** One of the processes that want a turn, each with the same chance. */
  #drawReady(): Running | undefined {
    let count = 0;
    for (const { status } of this.#running.values()) {
      if (status.state === 'running' && status.wantsTurn) count++;
    }
    let left = count === 0 ? 0 : this.#schedule.below(count);
    for (const running of this.#running.values()) {
      if (running.status.state !== 'running' || !running.status.wantsTurn) continue;
      if (left-- === 0) return running;
    }
    return undefined;
  }

  /**
   * Steps until `condition` holds.
   * @param withinSeconds virtual time after which it is a failure
   * @returns whether it held in time
   */
  runUntil(condition: () => boolean, withinSeconds = 60): boolean {
    const deadline = this.now + withinSeconds;
    while (!condition()) {
      if (this.now > deadline || !this.step()) return condition();
    }
    return true;
  }

  /** As `runUntil`, but a condition that does not hold in time is an error that shows seed and trace. */
  expectUntil(what: string, condition: () => boolean, withinSeconds = 60): void {
    const held = this.runUntil(condition, withinSeconds);
    assert(held, `${what}: not within ${withinSeconds} s (seed ${this.seed})\n${this.traceText()}`);
  }

  /**
   * Steps until nobody wants a turn, no disk call is under way and no packet travels; timers alone are left.
   * @returns whether that came about in time
   */
  settle(withinSeconds = 60): boolean {
    return this.runUntil(() => this.isSettled, withinSeconds);
  }

  get isSettled(): boolean {
    for (const { status } of this.#running.values()) {
      if (status.state === 'running' && status.wantsTurn) return false;
    }
    return this.timeline.queue.pendingWork === 0;
  }

  /** Lets so many seconds of world time pass, with all that happens in them. */
  runFor(seconds: number): void {
    // A timer of our own: without it a world with nothing ahead would never reach the end.
    const event = this.timeline.after(seconds * 1e6, () => undefined, true);
    // In whole microseconds, as the timer has it: by fractions its moment may lie before the end, and the next event minutes behind.
    while (this.timeline.now < event.at && this.step());
    this.timeline.queue.cancel(event);
  }

  /** False when nobody will see a trace: then no line is made. */
  get #isTracing(): boolean {
    return this.#traceLinesMax > 0 || this.#onTrace !== undefined;
  }

  /** Adds a line to the trace, with the moment. */
  trace(text: string): void {
    if (!this.#isTracing) return;
    const line = `${this.now.toFixed(6)} ${text}`;
    this.#onTrace?.(line);
    this.#trace.push(line);
    // Cut seldom and by half, so that a line costs no shifting of thousands.
    if (this.#trace.length > 2 * this.#traceLinesMax) {
      this.#trace = this.#trace.slice(-this.#traceLinesMax);
    }
  }

  /** The last lines of the trace, for a failure's message. */
  traceText(): string {
    const lines = this.#trace.slice(-this.#traceLinesMax);
    return [`seed ${this.seed}, ${this.#steps} steps`, ...lines].join('\n');
  }

  #exit(pid: number, code: number): void {
    const running = this.#running.get(pid);
    if (running === undefined) return;
    this.trace(`${running.status.name} exited with ${code}`);
    running.status.state = 'exited';
    running.status.exitCode = code;
    this.#remove(running);
  }

  #remove(running: Running): void {
    this.#running.delete(running.status.pid);
    running.disk.crash();
    this.network.crash(running.status);
  }
}
