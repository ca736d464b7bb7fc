/**
 * The worker's side of a server.
 *
 * 1. The page's first message is 'start': `serveInstance` builds the browser's ports and creates the server over them.
 * 2. The server asks for a turn with `wake`. From an event's handler the turn runs when the handler is done; from inside a
 *    turn it waits until the event loop had one of its own (`TurnQueue`), so that Ctrl-C and the network get through a busy loop.
 * 3. What the server says is collected during a turn and posted at its end, adjacent output as one message.
 * 4. The page says how much output it has dealt with; a server too far ahead gets no turn until then.
 * 5. `exit` closes connections and storage in order, says so, and ends the worker. An exception that nobody caught stops
 *    everything at once: no turn follows, the page is told what and where, and the worker ends as if it was killed.
 */
import type { Env, Server, ServerHost, ServerOptions } from '../bee/index.ts';
import { type BrowserHost, createBrowserHost } from '../browser/browser-env.ts';
import { WebLocks } from '../browser/locks.ts';
import { TurnQueue } from '../browser/turns.ts';
import type { FromInstance, StartOptions, ToInstance, WorkerNews } from './messages.ts';

/** What makes a server; `createServer` of `src/bee`, or a stub in a test. */
export type CreateServer = (env: Env, host: ServerHost, options: ServerOptions) => Server;

/** Characters of output that the page has not dealt with. Above it the server waits; a screen holds about 10,000. */
const outputCharactersMax = 512 * 1024;
/** The cluster strip hears of changes this often at most. */
const statusMs = 100;

/** Makes this worker the home of one server. Called once, by the worker's entry. */
export function serveInstance(createServer: CreateServer): void {
  let runner: InstanceRunner | undefined;
  const early: ToInstance[] = [];
  const hear = (message: ToInstance): void => {
    if (message.kind === 'start') runner = new InstanceRunner(createServer, message.options);
    else runner?.hear(message);
  };
  // Nothing runs before the lock is held: an end that nobody could notice would leave the page waiting for ever.
  let isReady = false;
  void announce().then(() => {
    isReady = true;
    for (const message of early) hear(message);
  });
  addEventListener('message', ({ data }: MessageEvent<ToInstance>) => {
    if (isReady) hear(data);
    else early.push(data);
  });
  addEventListener('error', (event) => {
    event.preventDefault();
    runner?.flush();
    crash(event.error, `${event.filename}:${event.lineno}`);
  });
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault();
    runner?.flush();
    crash(event.reason, '');
  });
}

/** The last thing that this worker says. */
function crash(error: unknown, place: string): void {
  const { message, stack } =
    error instanceof Error ? error : { message: String(error), stack: undefined };
  post({ kind: 'crashed', message, stack: stack ?? place });
  close();
}

class InstanceRunner implements ServerHost {
  readonly #turns = new TurnQueue();
  readonly #browser: BrowserHost;
  readonly #server: Server;
  #isTurnPlanned = false;
  #isInTurn = false;
  #isPaused = false;
  #isOver = false;
  /** A turn is due, but the server is stopped or its output is not dealt with. */
  #isHeldBack = false;
  #outbox: FromInstance[] = [];
  #untakenCharacters = 0;
  #lastStatus = '';
  #lastStatusAt = 0;
  #statusTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(createServer: CreateServer, options: StartOptions) {
    this.#browser = createBrowserHost(options, {
      line: (text, level) => this.#say({ kind: 'log', text, level }),
    });
    const { args } = options;
    this.#server = createServer(this.#browser.env, this, { args, isInteractive: true });
    this.wake();
  }

  hear(message: Exclude<ToInstance, { kind: 'start' }>): void {
    if (this.#isOver) return;
    switch (message.kind) {
      case 'line':
        this.#server.line(message.text);
        return;
      case 'interrupt':
        this.#server.interrupt();
        return;
      case 'end-of-input':
        this.#server.endOfInput();
        return;
      case 'complete': {
        const { id, text, cursor } = message;
        this.#server.complete(text, cursor, (from, words) =>
          this.#say({ kind: 'completions', id, from, words }),
        );
        return;
      }
      case 'probe': {
        const { id, code } = message;
        this.#server.probe(code, (result) => this.#say({ kind: 'probed', id, result }));
        return;
      }
      case 'pause':
        this.#isPaused = message.isPaused;
        this.#browser.freeze(message.isPaused);
        this.#goOn();
        return;
      case 'taken':
        this.#untakenCharacters -= message.characters;
        this.#goOn();
        return;
    }
  }

  wake(): void {
    if (this.#isTurnPlanned || this.#isOver) return;
    this.#isTurnPlanned = true;
    const run = (): void => this.#runTurn();
    if (this.#isInTurn) this.#turns.later(run);
    else queueMicrotask(run);
  }

  output(text: string): void {
    this.#say({ kind: 'output', text });
  }

  prompt(text: string, continuation: boolean): void {
    this.#say({ kind: 'prompt', text, continuation });
  }

  exit(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#statusTimer);
    // In a turn of its own: exit is called in the middle of one.
    this.#turns.later(() => void this.#end(code));
  }

  async #end(code: number): Promise<void> {
    this.flush();
    await this.#browser.close();
    post({ kind: 'exit', code });
    close();
  }

  #goOn(): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    this.wake();
  }

  #runTurn(): void {
    this.#isTurnPlanned = false;
    if (this.#isOver) return;
    if (this.#isPaused || this.#untakenCharacters > outputCharactersMax) {
      this.#isHeldBack = true;
      return;
    }
    this.#isInTurn = true;
    // Without a `finally`: after an exception there is no turn any more.
    const wantsMore = this.#server.turn() === 'more';
    if (wantsMore) this.wake();
    this.#isInTurn = false;
    this.flush();
    this.#planStatus();
  }

  #say(message: FromInstance): void {
    const last = this.#outbox.at(-1);
    if (message.kind === 'output' && last?.kind === 'output') {
      this.#outbox[this.#outbox.length - 1] = { kind: 'output', text: last.text + message.text };
    } else this.#outbox.push(message);
    // Said outside a turn (a probe that is answered at once): there is no end of a turn to wait for.
    if (!this.#isInTurn && this.#outbox.length === 1) queueMicrotask(() => this.flush());
  }

  /** Posts what was said. Also after an exception: the log lines before it say what led there. */
  flush(): void {
    const messages = this.#outbox;
    this.#outbox = [];
    for (const message of messages) {
      if (message.kind === 'output' || message.kind === 'log') {
        this.#untakenCharacters += message.text.length;
      }
      post(message);
    }
  }

  #planStatus(): void {
    if (this.#isOver || this.#statusTimer !== undefined) return;
    const wait = this.#lastStatusAt + statusMs - performance.now();
    if (wait <= 0) this.#postStatus();
    else this.#statusTimer = setTimeout(() => this.#postStatus(), wait);
  }

  #postStatus(): void {
    this.#statusTimer = undefined;
    this.#lastStatusAt = performance.now();
    const status = this.#server.status();
    const text = JSON.stringify(status);
    if (text === this.#lastStatus) return;
    this.#lastStatus = text;
    post({ kind: 'status', status });
  }
}

/** Takes the lock by which the page notices that this worker is gone, and says that it is here. */
async function announce(): Promise<void> {
  const lock = `bee/worker/${crypto.randomUUID()}`;
  await new WebLocks().hold(lock, 'exclusive');
  post({ kind: 'ready', lock });
}

function post(message: FromInstance | WorkerNews): void {
  postMessage(message);
}
