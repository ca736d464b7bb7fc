import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Progress } from '../../lesson/progress.ts';
import type { Program } from '../../lesson/types.ts';
import type { InstanceStatus } from '../../worker/messages.ts';

/** What the page shows of one terminal besides its screen. */
export interface TerminalInfo {
  readonly number: number;
  /** What the reader calls it; '' for its number alone. */
  readonly name: string;
  /** Absolute. */
  readonly cwd: string;
  /** It was removed, and the shell still stands there, as a shell does. */
  readonly isCwdGone: boolean;
  readonly program: Program;
  readonly pid: number | undefined;
  /** When the running statement began, milliseconds as Date.now; undefined while a prompt stands there. */
  readonly busySince: number | undefined;
  /** Something was printed while the terminal was out of sight. */
  readonly hasNews: boolean;
}

/** A server that runs in a terminal, or ran there last. */
export interface ServerInfo {
  readonly terminal: number;
  readonly pid: number;
  readonly cwd: string;
  readonly isRunning: boolean;
  /** Stopped where it is (SIGSTOP). */
  readonly isPaused: boolean;
  /** What was typed to start it, to start it again. */
  readonly command: string;
  /** How it ended: the exit status, 137 for kill -9. */
  readonly exitCode: number | undefined;
  /** The last that it said of itself. */
  readonly status: InstanceStatus | undefined;
}

/** Why the machine does not run, in this tab. */
export type Problem =
  | { readonly kind: 'storage'; readonly message: string }
  | { readonly kind: 'held' }
  | { readonly kind: 'taken-over' }
  /** The tab that was watched is gone. */
  | { readonly kind: 'left' };

export type Notice =
  /** The session's files are gone, and why. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** The browser gives no more room. In bytes, 0 when it does not say. */
  | { readonly kind: 'full'; readonly used: number; readonly quota: number };

export interface MachineState {
  /** 'watching': another tab runs the session, and what it shows is shown here. */
  readonly phase: 'starting' | 'running' | 'watching' | 'stopped';
  readonly problem: Problem | undefined;
  readonly terminals: readonly TerminalInfo[];
  readonly servers: readonly ServerInfo[];
  /** Terminals whose servers ended with the page, when it was left or taken over: they can be started again. */
  readonly interrupted: readonly number[];
  readonly faults: readonly LinkFault[];
  /** The reader has filled the disk: no server can write. */
  readonly isDiskFull: boolean;
  /** Trouble with the storage that leaves the servers running. */
  readonly notice: Notice | undefined;
  /** The lesson that is open; undefined in the playground. */
  readonly reading: Reading | undefined;
  /** The file panel, while it is open. */
  readonly filePanel: FilePanelState | undefined;
}

/** What somebody has open of a lesson. */
export interface Reading {
  /** The name of its folder. */
  readonly lesson: string;
  readonly progress: Progress;
}

export interface FilePanelState {
  /** The directory to look at first; undefined when none was asked for. */
  readonly directory: string | undefined;
}

/** A fault that the reader put on the link between two processes. */
export interface LinkFault {
  /** The smaller pid first. */
  readonly pids: readonly [number, number];
  readonly kind: 'cut' | 'slow';
}

export type MachineStore = StoreApi<MachineState>;

export function createMachineStore(terminals: readonly TerminalInfo[]): MachineStore {
  return createStore<MachineState>(() => ({
    phase: 'starting',
    problem: undefined,
    terminals,
    servers: [],
    interrupted: [],
    faults: [],
    isDiskFull: false,
    notice: undefined,
    reading: undefined,
    filePanel: undefined,
  }));
}

/** Changes one terminal's entry. */
export function updateTerminal(
  store: MachineStore,
  number: number,
  change: Partial<TerminalInfo>,
): void {
  store.setState(({ terminals }) => ({
    terminals: terminals.map((one) => (one.number === number ? { ...one, ...change } : one)),
  }));
}

/** Changes the entry of the server in a terminal, or makes it. */
export function updateServer(store: MachineStore, server: ServerInfo): void {
  store.setState(({ servers }) => ({
    servers: [...servers.filter((one) => one.terminal !== server.terminal), server].sort(
      (a, b) => a.terminal - b.terminal,
    ),
  }));
}
