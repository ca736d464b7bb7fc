import type { ProcessEntry, ShellHost, Signal } from '../../src/shell/command.ts';
import { Shell } from '../../src/shell/shell.ts';
import { drive } from '../../src/shell/task.ts';
import { MemoryFiles } from './memory-files.ts';

/** A shell over files in memory; what a line prints comes back as text, errors marked as on a screen: in their place. */
export class ShellWorld {
  readonly files = new MemoryFiles();
  readonly killed: { pid: number; signal: Signal }[] = [];
  processes: ProcessEntry[] = [];
  history: string[] = [];
  columns = 80;
  cleared = 0;
  readonly shell: Shell;
  #printed = '';

  constructor() {
    const host: ShellHost = {
      user: 'user',
      now: () => this.files.now,
      utcOffset: () => 0,
      columns: () => this.columns,
      processes: () => this.processes,
      kill: (pid, signal) => {
        this.killed.push({ pid, signal });
        return this.processes.some((entry) => entry.pid === pid);
      },
      history: () => this.history,
      clearHistory: () => {
        this.history = [];
      },
      clearScreen: () => {
        this.cleared++;
      },
    };
    this.shell = new Shell({
      home: '/home/user',
      cwd: '/home/user',
      host,
      output: {
        out: (text) => {
          this.#printed += text;
        },
        err: (line) => {
          this.#printed += `${line}\n`;
        },
      },
    });
  }

  /** Runs a line to its end. @returns what it printed */
  run(line: string): string {
    this.#printed = '';
    let outcome: unknown;
    drive(this.shell.run(line), this.files.perform, (result) => {
      if (!result.ok) throw result.error;
      outcome = result.value;
    });
    if (outcome === undefined) throw new Error(`${line} waits for something`);
    this.status = outcome as number | 'incomplete';
    return this.#printed;
  }

  /** What the last line ended with. */
  status: number | 'incomplete' = 0;
}
