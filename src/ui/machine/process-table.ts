import type { ProcessEntry } from '../../shell/command.ts';
import type { InstanceHandle } from './host.ts';

/** A server that runs, and the terminal that it runs in. */
export interface Process {
  readonly pid: number;
  readonly terminal: number;
  readonly cwd: string;
  /** Seconds since 1970. */
  readonly startedAt: number;
  readonly command: string;
  readonly handle: InstanceHandle;
}

/** All servers of this tab's session: the one place that knows which process runs where. */
export class ProcessTable {
  readonly #processes = new Map<number, Process>();
  /** Somewhere in the range of a machine that has been up for a while; each start takes the next few. */
  #nextPid = 1000 + Math.floor(Math.random() * 20_000);

  /** A pid that nobody has had. */
  newPid(): number {
    this.#nextPid += 1 + Math.floor(Math.random() * 30);
    return this.#nextPid;
  }

  add(process: Process): void {
    this.#processes.set(process.pid, process);
  }

  remove(pid: number): void {
    this.#processes.delete(pid);
  }

  find(pid: number): Process | undefined {
    return this.#processes.get(pid);
  }

  inTerminal(terminal: number): Process | undefined {
    return [...this.#processes.values()].find((process) => process.terminal === terminal);
  }

  /** As `ps` lists them. */
  list(): ProcessEntry[] {
    return [...this.#processes.values()].map(({ pid, terminal, startedAt, command }) => ({
      pid,
      tty: `pts/${terminal}`,
      startedAt,
      command,
    }));
  }
}
