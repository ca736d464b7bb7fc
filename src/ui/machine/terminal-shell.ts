import type { History } from '../../shell/history.ts';
import { Shell } from '../../shell/shell.ts';
import type { Terminal } from '../../shell/terminal.ts';
import type { Machine } from './machine.ts';

/** The shell of a terminal: what it knows of the machine around it, and where its words go. */
export function makeShell(
  machine: Machine,
  terminal: Terminal,
  history: History,
  cwd: string,
): Shell {
  return new Shell({
    home: machine.home,
    cwd,
    host: {
      user: machine.user,
      now: () => Date.now() / 1000,
      utcOffset: (at) => -new Date(at * 1000).getTimezoneOffset(),
      columns: () => terminal.columns,
      processes: () => machine.processes.list(),
      kill: (pid, signal) => machine.kill(pid, signal),
      history: () => history.entries,
      clearHistory: () => history.clear(),
      clearScreen: () => terminal.clear(),
    },
    output: {
      out: (text) => terminal.output(text),
      err: (line) => terminal.error(line),
    },
  });
}
