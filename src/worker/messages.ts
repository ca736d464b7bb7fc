/**
 * What the page and an instance's worker say to each other. Plain data only, small, in order.
 * The page never sees a tuple as anything but text or bytes.
 */

/** Page to worker. */
export type ToInstance =
  | { readonly kind: 'start'; readonly options: StartOptions }
  /** One line that the reader entered at the console's prompt, without its newline. */
  | { readonly kind: 'line'; readonly text: string }
  /** Ctrl-C while a statement runs: it stops with an error. */
  | { readonly kind: 'interrupt' }
  /** Ctrl-D at the prompt, or an orderly stop: the server closes its files and exits with 0. */
  | { readonly kind: 'end-of-input' }
  | { readonly kind: 'complete'; readonly id: number; readonly text: string; readonly cursor: number }
  /** Evaluates an expression for a check or the cluster strip, seen by nobody: no history, no log. */
  | { readonly kind: 'probe'; readonly id: number; readonly code: string };

export interface StartOptions {
  /** In every database, channel and lock name (DESIGN D7). */
  readonly sessionId: string;
  readonly pid: number;
  /** Absolute directory in the session's file system. */
  readonly cwd: string;
  readonly home: string;
  readonly hostname: string;
  /** Arguments after the command name: a Lua file and its arguments, or none for the console. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Worker to page. */
export type FromInstance =
  /** Text for the terminal, newlines as \n. Answers, prints and the banner. */
  | { readonly kind: 'output'; readonly text: string }
  /** A log line: shown above the line being edited. */
  | { readonly kind: 'log'; readonly text: string; readonly level: string }
  /** The console waits for a line. `continuation` while a statement is incomplete. */
  | { readonly kind: 'prompt'; readonly text: string; readonly continuation: boolean }
  | { readonly kind: 'completions'; readonly id: number; readonly from: number; readonly words: readonly string[] }
  | { readonly kind: 'probed'; readonly id: number; readonly result: ProbeResult }
  /** The state changed; sent at most every 100 ms. */
  | { readonly kind: 'status'; readonly status: InstanceStatus }
  /** The last message: files are closed, locks are given back. */
  | { readonly kind: 'exit'; readonly code: number };

export type ProbeResult =
  /** The first value as YAML-free JSON data: nil is null, tuples are arrays. */
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string };

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
  /** Rows written since start by origin: those applied from others and its own, for the travelling mark. */
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
