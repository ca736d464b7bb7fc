/**
 * Faults at the reader's fingertips, imposed inside the hosts, so that both prompts stay usable while a link is down.
 *
 * 1. The page's `FaultController` keeps the state and tells it on the session's fault channel at each change.
 * 2. Every worker's `FaultBoard` asks for it once ("hello") and then listens.
 * 3. `BrowserConnection` holds back what a rule says; `FileStore` refuses appends while the disk is full.
 */

/** One direction between two servers. A server is named `pid:1001`, or by a port that it listens on, `port:3301`. */
export interface LinkRule {
  readonly from: string;
  readonly to: string;
  /** Nothing travels; what would, waits. The other side's death is not noticed either. */
  readonly isCut: boolean;
  /** Seconds that everything takes longer. */
  readonly delay: number;
}

export interface FaultState {
  readonly links: readonly LinkRule[];
  /** Every append fails with ENOSPC. */
  readonly isDiskFull: boolean;
}

export const noFaults: FaultState = { links: [], isDiskFull: false };

type FaultMessage =
  | { readonly kind: 'hello' }
  | { readonly kind: 'state'; readonly state: FaultState }
  /** Ends the connections between the two, once. */
  | { readonly kind: 'drop'; readonly one: string; readonly other: string };

const channelName = (sessionId: string): string => `bee/${sessionId}/faults`;

/** The page's side. */
export class FaultController {
  readonly #channel: BroadcastChannel;
  #state = noFaults;

  constructor(sessionId: string) {
    this.#channel = new BroadcastChannel(channelName(sessionId));
    this.#channel.onmessage = ({ data }: MessageEvent<FaultMessage>) => {
      if (data.kind === 'hello') this.#tell();
    };
    this.#tell();
  }

  get state(): FaultState {
    return this.#state;
  }

  /** Cuts the link between two servers, or only from the first to the second (half open). */
  cut(one: string, other: string, directions: 'both' | 'one-way' = 'both'): void {
    this.#change(one, other, { isCut: true }, directions);
  }

  /** Makes a link slower by so many seconds in each direction. */
  delay(one: string, other: string, seconds: number): void {
    this.#change(one, other, { delay: seconds }, 'both');
  }

  /** Restores the link between two servers: what waited arrives. */
  heal(one: string, other: string): void {
    this.#change(one, other, { isCut: false, delay: 0 }, 'both');
  }

  /** Ends the connections between two servers; they may connect again at once. */
  drop(one: string, other: string): void {
    this.#post({ kind: 'drop', one, other });
  }

  /** Makes the disk full for every server, or empties it again. */
  fillDisk(isDiskFull: boolean): void {
    this.#state = { ...this.#state, isDiskFull };
    this.#tell();
  }

  /** Takes all faults away. */
  healAll(): void {
    this.#state = noFaults;
    this.#tell();
  }

  close(): void {
    this.#channel.close();
  }

  #change(
    one: string,
    other: string,
    change: Partial<Pick<LinkRule, 'isCut' | 'delay'>>,
    directions: 'both' | 'one-way',
  ): void {
    const pairs = [[one, other] as const, [other, one] as const];
    const links = [...this.#state.links];
    for (const [from, to] of directions === 'both' ? pairs : pairs.slice(0, 1)) {
      const at = links.findIndex((rule) => rule.from === from && rule.to === to);
      const rule = { ...(links[at] ?? { from, to, isCut: false, delay: 0 }), ...change };
      if (at >= 0) links.splice(at, 1);
      if (rule.isCut || rule.delay > 0) links.push(rule);
    }
    this.#state = { ...this.#state, links };
    this.#tell();
  }

  #tell(): void {
    this.#post({ kind: 'state', state: this.#state });
  }

  #post(message: FaultMessage): void {
    this.#channel.postMessage(message);
  }
}

/** A worker's side: what is imposed now. */
export class FaultBoard {
  state = noFaults;
  readonly #channel: BroadcastChannel;
  readonly #onChange: () => void;
  readonly #onDrop: (one: string, other: string) => void;

  /**
   * @param onChange the state is another one
   * @param onDrop connections between the two end now
   */
  constructor(
    sessionId: string,
    onChange: () => void,
    onDrop: (one: string, other: string) => void,
  ) {
    this.#onChange = onChange;
    this.#onDrop = onDrop;
    this.#channel = new BroadcastChannel(channelName(sessionId));
    this.#channel.onmessage = ({ data }: MessageEvent<FaultMessage>) => this.#hear(data);
    const hello: FaultMessage = { kind: 'hello' };
    this.#channel.postMessage(hello);
  }

  /** What holds for everything that travels from one server to another, each with all of its names. */
  link(from: ReadonlySet<string>, to: ReadonlySet<string>): { isCut: boolean; delay: number } {
    const rules = this.state.links.filter((rule) => from.has(rule.from) && to.has(rule.to));
    return {
      isCut: rules.some((rule) => rule.isCut),
      delay: rules.reduce((longest, rule) => Math.max(longest, rule.delay), 0),
    };
  }

  close(): void {
    this.#channel.close();
  }

  #hear(message: FaultMessage): void {
    if (message.kind === 'drop') this.#onDrop(message.one, message.other);
    if (message.kind !== 'state') return;
    this.state = message.state;
    this.#onChange();
  }
}
