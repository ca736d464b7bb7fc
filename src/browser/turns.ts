/**
 * Calls back in a fresh turn of the event loop, behind the events that wait already. A message to oneself does that;
 * `setTimeout(0)` would wait 4 ms after a few rounds, by the HTML standard.
 */
export class TurnQueue {
  readonly #channel = new MessageChannel();
  #due: (() => void)[] = [];

  constructor() {
    this.#channel.port1.onmessage = () => {
      const due = this.#due;
      this.#due = [];
      for (const run of due) run();
    };
  }

  /** Runs `run` in a later turn; calls made in one turn run in their order. */
  later(run: () => void): void {
    this.#due.push(run);
    if (this.#due.length === 1) this.#channel.port2.postMessage(undefined);
  }
}
