/** Commands about the shell itself and the processes of the session. */
import {
  type CommandContext,
  type CommandDefinition,
  quoted,
  readOptions,
  type Signal,
} from '../command.ts';
import { strerror } from '../file-system.ts';
import { resolve } from '../path.ts';
import * as files from '../task.ts';

export const cd: CommandDefinition = {
  name: 'cd',
  usage: 'cd [DIRECTORY | -]',
  summary: 'go to a directory, without one to the home directory',
  *body(context) {
    const { shell } = context;
    const complain = (text: string): number => {
      context.err(`bash: cd: ${text}`);
      return 1;
    };
    if (context.args.length > 1) return complain('too many arguments');
    const asked = context.args[0];
    if (asked === '-' && shell.previous === '') return complain('OLDPWD not set');
    const target = resolve(shell.cwd, asked === '-' ? shell.previous : (asked ?? shell.home));
    const found = yield* files.stat(target);
    if (!found.ok) return complain(`${asked ?? shell.home}: ${strerror(found.error)}`);
    if (found.value.kind !== 'directory') return complain(`${asked}: Not a directory`);
    if (asked === '-') context.out(`${target}\n`);
    shell.previous = shell.cwd;
    shell.cwd = target;
    return 0;
  },
};

export const pwd: CommandDefinition = {
  name: 'pwd',
  usage: 'pwd',
  summary: 'print the directory you are in',
  *body(context) {
    context.out(`${context.shell.cwd}\n`);
    return 0;
  },
};

export const clear: CommandDefinition = {
  name: 'clear',
  usage: 'clear',
  summary: 'clear the screen',
  *body(context) {
    context.host.clearScreen();
    return 0;
  },
};

export const history: CommandDefinition = {
  name: 'history',
  usage: 'history [-c] [COUNT]',
  summary: 'list what was entered here before',
  *body(context) {
    const options = readOptions('history', context, 'c');
    if (options === undefined) return 2;
    if (options.flags.has('c')) {
      context.host.clearHistory();
      return 0;
    }
    const entries = context.host.history();
    const asked = options.operands[0];
    if (asked !== undefined && !/^\d+$/.test(asked)) {
      context.err(`bash: history: ${asked}: numeric argument required`);
      return 1;
    }
    const first = asked === undefined ? 0 : Math.max(0, entries.length - Number(asked));
    entries.slice(first).forEach((entry, at) => {
      context.out(`${String(first + at + 1).padStart(5)}  ${entry}\n`);
    });
    return 0;
  },
};

export const ps: CommandDefinition = {
  name: 'ps',
  usage: 'ps',
  summary: 'list the processes of all terminals',
  *body(context) {
    const entries = context.host.processes();
    const width = Math.max(5, ...entries.map((entry) => String(entry.pid).length));
    context.out(`${'PID'.padStart(width)} TTY          TIME CMD\n`);
    for (const entry of entries) {
      // A page cannot measure a worker's processor time: this is how long the process has been there.
      const seconds = Math.max(0, Math.floor(context.host.now() - entry.startedAt));
      const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60]
        .map((value) => String(Math.floor(value)).padStart(2, '0'))
        .join(':');
      const pid = String(entry.pid).padStart(width);
      context.out(`${pid} ${entry.tty.padEnd(8)} ${time} ${entry.command}\n`);
    }
    return 0;
  },
};

const signals: Readonly<Record<string, Signal>> = {
  '2': 'INT',
  '9': 'KILL',
  '15': 'TERM',
  '18': 'CONT',
  '19': 'STOP',
  INT: 'INT',
  KILL: 'KILL',
  TERM: 'TERM',
  CONT: 'CONT',
  STOP: 'STOP',
};

export const kill: CommandDefinition = {
  name: 'kill',
  usage: 'kill [-9] PID...',
  summary: 'stop a process; with -9 at once, as a crash would',
  *body(context) {
    let signal: Signal = 'TERM';
    let pids = context.args;
    // `kill -9 PID` and `kill -s KILL PID`.
    const isNamed = pids[0] === '-s' || pids[0] === '-n';
    const option = isNamed ? (pids[1] ?? '') : pids[0];
    if (option !== undefined && (isNamed || option.startsWith('-'))) {
      const name = option.replace(/^-/, '').replace(/^SIG/, '');
      const found = signals[name];
      if (found === undefined) {
        context.err(`bash: kill: ${name}: invalid signal specification`);
        return 1;
      }
      signal = found;
      pids = pids.slice(isNamed ? 2 : 1);
    }
    if (pids.length === 0) {
      context.err('kill: usage: kill [-s sigspec | -n signum | -sigspec] pid');
      return 2;
    }
    let status = 0;
    for (const pid of pids) {
      if (!/^\d+$/.test(pid)) {
        context.err(`bash: kill: ${pid}: arguments must be process or job IDs`);
        status = 1;
      } else if (!context.host.kill(Number(pid), signal)) {
        context.err(`bash: kill: (${pid}) - No such process`);
        status = 1;
      }
    }
    return status;
  },
};

export const sleep: CommandDefinition = {
  name: 'sleep',
  usage: 'sleep SECONDS',
  summary: 'wait',
  *body(context) {
    const asked = context.args[0];
    if (asked === undefined || !/^\d+(\.\d*)?$/.test(asked)) {
      context.err(
        asked === undefined ? 'sleep: missing operand' : `sleep: invalid time interval ‘${asked}’`,
      );
      context.err("Try 'sleep --help' for more information.");
      return 1;
    }
    yield* files.sleep(Number(asked));
    return 0;
  },
};

/** Never true of the shell here: it lives as long as its terminal, and says so. */
export const exit: CommandDefinition = {
  name: 'exit',
  usage: 'exit',
  summary: 'this shell stays open as long as the page does',
  *body(context) {
    context.err('This shell stays open as long as the page does.');
    return 0;
  },
};

export const xlog: CommandDefinition = {
  name: 'xlog',
  usage: 'xlog cat FILE...',
  summary: 'print the rows of .snap and .xlog files',
  *body(context) {
    const [verb, ...paths] = context.args;
    if (verb !== 'cat' || paths.length === 0) {
      context.err('Usage: xlog cat FILE...');
      return 1;
    }
    let status = 0;
    for (const path of paths) {
      const text = yield* files.xlog(resolve(context.shell.cwd, path));
      if (text.ok) context.out(text.value);
      else {
        context.err(`xlog: ${quoted(path)}: ${strerror(text.error)}`);
        status = 1;
      }
    }
    return status;
  },
};

/** Where a command seems to be, for `which`; the server is where the manual has it. */
export function commandPath(name: string, context: CommandContext): string {
  return name === 'bee' ? `${context.shell.home}/bee/src/bee` : `/usr/bin/${name}`;
}
