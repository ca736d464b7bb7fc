import type { Env } from '../bee/env/index.ts';
import type { Micros } from './event-queue.ts';
import type { Timeline } from './timeline.ts';

/** What runs in a simulated process. A server of `src/bee` fits; so does a stub of three lines. */
export interface Process {
  /** Runs what is due. 'more' asks for another turn after other processes and events had theirs. */
  turn(): 'idle' | 'more';
}

/** What a process may ask of the world beside its Env. */
export interface ProcessHost {
  /** Asks for a turn. May be called many times, also during a turn. */
  wake(): void;
  /** The process ends in order: it gets no further turn and no further event. */
  exit(code: number): void;
}

export type ProcessFactory<P extends Process> = (env: Env, host: ProcessHost) => P;

/**
 * The world's side of one process. Events reach it in the order in which they happened; while it is paused they pile up
 * (SIGSTOP), and when it is dead they are lost.
 */
export class SimProcess {
  readonly pid: number;
  /** Survives restarts: links and faults name processes by it. */
  readonly name: string;
  state: 'running' | 'paused' | 'killed' | 'exited' = 'running';
  exitCode: number | undefined;
  /** It has something to do: an event reached it, it asked for a turn, or its last turn said 'more'. */
  wantsTurn = false;
  readonly #timeline: Timeline;
  #held: (() => void)[] = [];

  constructor(pid: number, name: string, timeline: Timeline) {
    this.pid = pid;
    this.name = name;
    this.#timeline = timeline;
  }

  get isAlive(): boolean {
    return this.state === 'running' || this.state === 'paused';
  }

  /**
   * Brings an event to the process after so many microseconds, in a fresh turn of its event loop.
   * @returns takes it back
   */
  deliver(delay: Micros, fire: () => void, isTimer = false): () => void {
    let isCancelled = false;
    const arrive = (): void => {
      if (!this.isAlive || isCancelled) return;
      if (this.state === 'paused') {
        this.#held.push(arrive);
        return;
      }
      this.wantsTurn = true;
      fire();
    };
    const event = this.#timeline.after(delay, arrive, isTimer);
    return () => {
      isCancelled = true;
      this.#timeline.queue.cancel(event);
    };
  }

  /** SIGCONT: what piled up arrives now, in its order. */
  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    const held = this.#held;
    this.#held = [];
    for (const arrive of held) this.#timeline.after(0, arrive);
  }
}
