import { type Locks, WebLocks } from '../browser/locks.ts';
import { loadAdvice } from './create-worker.ts';
import type {
  FromInstance,
  ProbeResult,
  StartOptions,
  ToInstance,
  WorkerNews,
} from './messages.ts';

export interface InstanceEvents {
  /** Everything that the server says, in order. 'exit' is the last. */
  readonly onMessage: (message: FromInstance) => void;
  /** The server is gone without an 'exit': it could not be loaded, a bug stopped it, or its worker died. Nothing follows. */
  readonly onCrash: (reason: string) => void;
}

export interface Completions {
  /** Where in the text the word begins that the words would replace. */
  readonly from: number;
  readonly words: readonly string[];
}

/** A running server as the page drives it. */
export class InstanceClient {
  readonly #worker: Worker;
  readonly #events: InstanceEvents;
  readonly #locks: Locks = new WebLocks();
  /** Ends the wait for the worker's lock. */
  readonly #watch = new AbortController();
  readonly #completions = new Map<number, (found: Completions) => void>();
  readonly #probes = new Map<number, (result: ProbeResult) => void>();
  #nextId = 1;
  #isOver = false;
  /** Name of the lock that the worker holds for as long as it lives; known when it is ready. */
  #life: string | undefined;

  /** @param worker a worker whose entry calls `serveInstance` */
  constructor(worker: Worker, options: StartOptions, events: InstanceEvents) {
    this.#worker = worker;
    this.#events = events;
    worker.onmessage = ({ data }: MessageEvent<FromInstance | WorkerNews>) => this.#hear(data);
    // The worker's own exceptions come as 'crashed'; here is what failed before its code ran.
    worker.onerror = (event) => {
      event.preventDefault();
      this.#crash(event.message || `the server could not be loaded: ${loadAdvice(worker)}`);
    };
    worker.onmessageerror = () => this.#crash('a message of the server could not be read');
    this.send({ kind: 'start', options });
  }

  send(message: ToInstance): void {
    if (!this.#isOver) this.#worker.postMessage(message);
  }

  /** One line entered at the console's prompt, without its newline. */
  line(text: string): void {
    this.send({ kind: 'line', text });
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.send({ kind: 'interrupt' });
  }

  /** Ctrl-D, or an orderly stop. */
  end(): void {
    this.send({ kind: 'end-of-input' });
  }

  /** SIGSTOP, or SIGCONT. */
  pause(isPaused: boolean): void {
    this.send({ kind: 'pause', isPaused });
  }

  /** Completes the word before the cursor from the server's live state. Nothing is found when it is gone. */
  complete(text: string, cursor: number): Promise<Completions> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#completions.set(id, resolve);
      if (this.#isOver) this.#forget();
      this.send({ kind: 'complete', id, text, cursor });
    });
  }

  /** Evaluates an expression, seen by nobody. An error when the server is gone. */
  probe(code: string): Promise<ProbeResult> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#probes.set(id, resolve);
      if (this.#isOver) this.#forget();
      this.send({ kind: 'probe', id, code });
    });
  }

  /**
   * kill -9: nothing is closed and nothing is said any more. A browser lets a busy worker run on for a moment (Chromium for
   * up to two seconds), with all its locks.
   * @returns when the worker is dead, and what it held is free: who starts a server in the same directory waits for that
   */
  async kill(): Promise<void> {
    this.#finish();
    this.#worker.terminate();
    if (this.#life === undefined) return;
    const release = await this.#locks.hold(this.#life, 'shared');
    release?.();
  }

  #hear(message: FromInstance | WorkerNews): void {
    if (this.#isOver) return;
    switch (message.kind) {
      case 'ready':
        this.#life = message.lock;
        void this.#watchFor(message.lock);
        return;
      case 'crashed':
        this.#crash(`${message.message}\n${message.stack}`);
        return;
      case 'completions': {
        const { from, words } = message;
        this.#completions.get(message.id)?.({ from, words });
        this.#completions.delete(message.id);
        break;
      }
      case 'probed':
        this.#probes.get(message.id)?.(message.result);
        this.#probes.delete(message.id);
        break;
      case 'output':
      case 'log':
        this.send({ kind: 'taken', characters: message.text.length });
        break;
      case 'exit':
        this.#finish();
        break;
    }
    this.#events.onMessage(message);
  }

  /** Whoever gets the worker's lock knows that it is gone: browsers tell nobody when a worker runs out of memory. */
  async #watchFor(lock: string): Promise<void> {
    const release = await this.#locks.hold(lock, 'shared', this.#watch.signal);
    if (release === undefined) return;
    release();
    // Its last messages may still be on their way.
    setTimeout(() => this.#crash('the server ended unexpectedly'), lastMessagesMs);
  }

  #crash(reason: string): void {
    if (this.#isOver) return;
    this.#finish();
    this.#worker.terminate();
    this.#events.onCrash(reason);
  }

  #finish(): void {
    this.#isOver = true;
    this.#watch.abort();
    this.#forget();
  }

  /** Answers whoever still waits. */
  #forget(): void {
    for (const resolve of this.#completions.values()) resolve({ from: 0, words: [] });
    for (const resolve of this.#probes.values())
      resolve({ ok: false, error: 'the server is gone' });
    this.#completions.clear();
    this.#probes.clear();
  }
}

/** A worker's messages and the news of its death travel on different roads; the messages are waited for so long. */
const lastMessagesMs = 100;
