/** What a host (worker, Node, simulator) gives a server beside its Env, and what it gets in return. */

/** The terminal's side and the event loop's side of one server. */
export interface ServerHost {
  /** The server wants a turn soon. May be called many times, also during a turn. */
  wake(): void;
  /** Text for the terminal: answers, prints, the banner; newlines as \n. */
  output(text: string): void;
  /** The console waits for a line; `continuation` while a statement is incomplete. */
  prompt(text: string, continuation: boolean): void;
  /** The server is done: files closed, locks given back. Nothing follows. */
  exit(code: number): void;
}

export interface ServerOptions {
  /** What follows the command's name: a Lua file and its arguments, `-e CODE`, `-i`, or nothing for the console. */
  readonly args: readonly string[];
  /** False when statements come through a pipe: no banner, no prompt, answers only. */
  readonly isInteractive: boolean;
  /** The command as it was found, `arg[-1]`; 'bee' where nothing is said. */
  readonly program?: string;
  /** What `-` in place of a file's name stands for: all of standard input. */
  readonly input?: string;
}

/** A server as its host sees it. Every call but `turn` only posts an event. */
export interface Server {
  /** Runs what is due. 'more' asks for another turn after the host's event loop had one. */
  turn(): 'idle' | 'more';
  /** One line that was entered at the prompt, without its newline. */
  line(text: string): void;
  /** Ctrl-C: stops the running statement with an error. */
  interrupt(): void;
  /** Ctrl-D: leaves a console that is connected to another server, else closes everything in order and exits with 0. */
  endOfInput(): void;
  /** SIGTERM: closes everything in order and exits with 0, whatever is running. */
  terminate(): void;
  /** Completes the word before the cursor from the live state. */
  complete(
    text: string,
    cursor: number,
    done: (from: number, words: readonly string[]) => void,
  ): void;
  /** Evaluates an expression unseen: no history, no output. For checks and the cluster strip. */
  probe(code: string, done: (result: ProbeResult) => void): void;
  status(): InstanceStatus;
}

export type ProbeResult =
  /** The first value as plain JSON data: nil is null, tuples are arrays. */
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

/** Traffic of the binary protocol, for statistics. */
export interface NetworkCounts {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly connections: { readonly total: number; readonly current: number };
  readonly requests: { readonly total: number; readonly current: number };
}

/** What `db.info` would say, for the cluster strip. */
export interface InstanceStatus {
  readonly pid: number;
  readonly uuid: string;
  readonly clusterUuid: string;
  /** 0 before the first db.cfg. */
  readonly id: number;
  /** As `db.info.status`: 'unconfigured' before db.cfg, 'loading', 'running', 'orphan'. */
  readonly status: string;
  readonly isReadOnly: boolean;
  /** What it listens on, '' when it does not. */
  readonly listen: string;
  readonly vclock: Readonly<Record<number, number>>;
  readonly replication: readonly PeerStatus[];
  /** Rows written since start: its own and those applied from others. */
  readonly rowsWritten: number;
}

export interface PeerStatus {
  readonly id: number;
  readonly uuid: string;
  readonly lsn: number;
  readonly upstream: LinkStatus | undefined;
  readonly downstream: LinkStatus | undefined;
}

export interface LinkStatus {
  /** The real server's word: connect, auth, follow, disconnected, stopped, loading, … */
  readonly status: string;
  /** `replicator@localhost:3301` for an upstream. */
  readonly peer: string;
  /** Seconds. */
  readonly lag: number | undefined;
  readonly idle: number | undefined;
  readonly message: string | undefined;
  readonly vclock: Readonly<Record<number, number>> | undefined;
}
