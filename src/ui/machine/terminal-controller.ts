import type { Program } from '../../lesson/types.ts';
import { completeShell } from '../../shell/completion.ts';
import { History } from '../../shell/history.ts';
import type { Shell } from '../../shell/shell.ts';
import { drive, type ShellTask } from '../../shell/task.ts';
import { Terminal } from '../../shell/terminal.ts';
import type { Completion } from '../../shell/terminal-port.ts';
import { Transcript } from '../../shell/transcript.ts';
import type { FromInstance, ProbeResult } from '../../worker/messages.ts';
import type { Machine } from './machine.ts';
import { updateServer, updateTerminal } from './machine-store.ts';
import { performOn, type RunRequest } from './perform.ts';
import type { Process } from './process-table.ts';
import { ConfigRecord, type StartedServer } from './started-server.ts';
import type { ScreenNews } from './tab-news.ts';
import { makeShell } from './terminal-shell.ts';
import { keepTerminalState, readTerminalState, type TerminalState } from './terminal-state.ts';
import { Typist } from './typist.ts';

/** What a terminal writes to: xterm, once it is there. */
export interface ScreenPort {
  write(text: string): void;
}

/** Not sooner than that after a change is the terminal's state stored: 100 kB of JSON take about a millisecond. */
const saveDelayMs = 500;
/** As much of a screen as a tab that reads along is shown. */
const watchedLinesMax = 1000;
const shellPrompt = { text: '$ ', continuation: '> ' };
const consoleContinuation = '   > ';

/**
 * One terminal of a machine: its shell, the server that runs in it, and the `Terminal` that both talk to.
 *
 * 1. The reader's keys come from the screen (`input`); a line that was entered goes to whoever runs: the shell, or a server.
 * 2. The shell's requests are answered from the session's files; `run` starts a server and is answered when it ends.
 * 3. While a server runs, its messages drive the terminal: output, log lines above the prompt, the prompt itself.
 */
export class TerminalController {
  readonly number: number;
  readonly terminal: Terminal;
  readonly shell: Shell;
  readonly typist: Typist;
  /** Lines that the reader entered, not a run button. */
  entered = 0;
  /** Called when a prompt appears. */
  onPrompt = (): void => {};
  readonly #machine: Machine;
  readonly #histories: { readonly shell: History; readonly console: History };
  #screen: ScreenPort | undefined;
  /** Written before the screen was there. */
  #early: string[] = [];
  #process: Process | undefined;
  #endRun: ((status: number) => void) | undefined;
  #interruptShell: (() => void) | undefined;
  /** The server's prompt for a new statement. */
  #consolePrompt = 'bee> ';
  /** What the server was told of its configuration. */
  #config = new ConfigRecord();
  /** Whether the console waits for the rest of a statement. */
  #isContinuing = false;
  /** The server that ran here when the page was left, as long as it is not started again. */
  #interrupted: StartedServer | undefined;
  /** Lines of an unfinished shell command. */
  #unfinished = '';
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  #isDisposed = false;

  constructor(machine: Machine, number: number) {
    this.#machine = machine;
    this.number = number;
    const stored = readTerminalState(machine.sessionId, number, machine.home);
    this.#histories = {
      shell: new History(stored.shellHistory),
      console: new History(stored.consoleHistory),
    };
    const port = {
      write: (text: string) => this.#write(text),
      onLine: (text: string) => this.#onLine(text),
      onInterrupt: (what: 'running' | 'unfinished') => this.#onInterrupt(what),
      onEndOfInput: () => this.#onEndOfInput(),
      onComplete: (text: string, cursor: number, done: (found: Completion) => void) =>
        this.#onComplete(text, cursor, done),
    };
    const lines = stored.transcript;
    this.terminal = new Terminal(port, 80, 24, new Transcript(lines));
    // The first colour beyond the 16 is the terminal's own, see theme.ts.
    this.terminal.promptStyle = '1;38;5;16';
    this.#interrupted = stored.server;
    this.shell = makeShell(machine, this.terminal, this.#histories.shell, stored.cwd);
    this.typist = new Typist(this);
    this.#write(lines.map((line) => `${line}\r\n`).join(''));
    if (lines.length > 0) this.#sayRestarted();
  }

  get program(): Program {
    return this.#process === undefined ? 'shell' : 'console';
  }

  /** The server that ran here when the page was left, until one is started here again. */
  get interrupted(): StartedServer | undefined {
    return this.#interrupted;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Shows the first prompt. The directory may be gone: then the shell stands at home. */
  async start(): Promise<void> {
    const { state } = this.shell;
    const found = await this.#machine.host.request({ op: 'stat', path: state.cwd });
    if (!found.ok) state.cwd = state.home;
    this.#promptShell();
  }

  /** The screen is there: it is shown what was written so far. */
  attach(screen: ScreenPort): void {
    this.#screen = screen;
    screen.write(this.#early.join(''));
    this.#early = [];
  }

  /** What the reader typed or pasted. */
  input(data: string): void {
    if (this.typist.isTyping && data !== '\x03') {
      this.typist.hold(data);
      return;
    }
    if (this.typist.isTyping) this.typist.cancel();
    this.terminal.input(data);
  }

  /** Asks the server something that nobody sees. Undefined when none runs. */
  probe(code: string): Promise<ProbeResult> | undefined {
    return this.#process?.handle.probe(code);
  }

  /** kill -9 of the server that runs here; as a shell does, the terminal waits until it is dead. */
  async killServer(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    await process.handle.kill();
    if (this.#process === process) this.#serverEnded(137, 'Killed');
  }

  /** An orderly stop of the server that runs here. */
  stopServer(): void {
    this.#process?.handle.end();
  }

  /** Stops the whole server where it is (SIGSTOP), or lets it go on. */
  pauseServer(isPaused: boolean): void {
    this.#process?.handle.pause(isPaused);
    this.#machine.notePause(this.number, isPaused);
  }

  /** Stops the server, in order, and types the command that starts it again. */
  restartServer(command: string): void {
    const start = (): void => this.typist.type(command, 'visible', () => {});
    if (this.#process === undefined) {
      start();
      return;
    }
    this.onPrompt = start;
    this.#process.handle.end();
  }

  /** The server that ran here when the page was left is not wanted any more. */
  forgetInterrupted(): void {
    this.#interrupted = undefined;
    this.#machine.noteInterrupted();
    this.#saveSoon();
  }

  interruptServer(): void {
    this.#process?.handle.interrupt();
  }

  /** Empties the terminal and goes home; the server, if one ran, was killed before. */
  reset(): void {
    this.typist.cancel();
    this.#interruptShell?.();
    this.terminal.withdrawPrompt();
    this.#unfinished = '';
    this.shell.state.cwd = this.shell.state.home;
    this.shell.state.previous = '';
    this.#interrupted = undefined;
    this.terminal.clear();
    this.#promptShell();
  }

  /** All that the screen shows but for the edited line, which must have been taken off. */
  screenNews(): ScreenNews {
    const { transcript, columns, rows } = this.terminal;
    const lines = transcript.lines.slice(-watchedLinesMax).join('\r\n');
    const isOpen = lines === '' || !transcript.isAtLineStart;
    return { number: this.number, columns, rows, text: isOpen ? lines : `${lines}\r\n` };
  }

  /** The screen has another size: whoever reads along begins anew with it. */
  resized(columns: number, rows: number): void {
    // Two sizes may follow each other before the first is drawn with; what is told has no edited line.
    this.terminal.erase();
    this.#machine.teller.screen(() => ({ ...this.screenNews(), columns, rows }));
    this.terminal.resized(columns, rows);
  }

  /** Takes the edited line off the screen, or draws it again. */
  showLine(isShown: boolean): void {
    const { columns, rows } = this.terminal;
    if (isShown) this.terminal.resized(columns, rows);
    else this.terminal.erase();
  }

  /** Ends for good: the terminal is taken away, or another takes its place. */
  dispose(): void {
    this.#isDisposed = true;
    this.#interruptShell?.();
    clearTimeout(this.#saveTimer);
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Stores what a reload must find. */
  save(): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    if (!this.#machine.isRemembered || this.#isDisposed) return;
    const state = { ...this.state(), server: this.#startedServer ?? this.#interrupted };
    keepTerminalState(this.#machine.sessionId, this.number, state);
  }

  /** What a terminal is, for whoever restores it. */
  state(): TerminalState {
    return {
      cwd: this.shell.state.cwd,
      transcript: this.terminal.transcript.lines,
      shellHistory: this.#histories.shell.entries,
      consoleHistory: this.#histories.console.entries,
    };
  }

  get #startedServer(): StartedServer | undefined {
    if (this.#process === undefined) return undefined;
    const { cwd, command } = this.#process;
    return { cwd, command, statements: this.#config.statements };
  }

  #saveSoon(): void {
    this.#saveTimer ??= setTimeout(() => this.save(), saveDelayMs);
  }

  #write(text: string): void {
    if (this.#screen === undefined) this.#early.push(text);
    else this.#screen.write(text);
    this.#machine.teller.write(this.number, text);
    this.#saveSoon();
    this.#machine.noteActivity(this.number);
  }

  #sayRestarted(): void {
    this.terminal.note('The machine was restarted: no server runs.');
    this.terminal.note('All files are there; say bee where they are.');
  }

  #promptShell(): void {
    const { store } = this.#machine;
    updateTerminal(store, this.number, { cwd: this.shell.state.cwd, busySince: undefined });
    const isContinuation = this.#unfinished !== '';
    this.terminal.prompt({
      text: isContinuation ? shellPrompt.continuation : shellPrompt.text,
      isContinuation,
      continuation: shellPrompt.continuation,
      history: this.#histories.shell,
    });
    this.onPrompt();
  }

  #onLine(text: string): void {
    if (!this.typist.isTyping) this.entered++;
    updateTerminal(this.#machine.store, this.number, { busySince: Date.now() });
    if (this.#process !== undefined) {
      // At another prompt the console is connected to another server.
      if (this.#consolePrompt.trim() === 'bee>') this.#config.note(text, this.#isContinuing);
      this.#process.handle.line(text);
      return;
    }
    const command = this.#unfinished === '' ? text : `${this.#unfinished}\n${text}`;
    this.#interruptShell = this.#drive(this.shell.run(command), (status) => {
      this.#interruptShell = undefined;
      this.#unfinished = status === 'incomplete' ? command : '';
      this.#promptShell();
      // Behind the prompt, which tells where the shell stands now.
      void this.#machine.forgetRemoved();
    });
  }

  /** Runs a shell task; a bug in a command is shown in its terminal, and the prompt comes back. */
  #drive<T>(task: ShellTask<T>, finished: (value: T | undefined) => void): () => void {
    const perform = performOn(this.#machine.host, (request, reply) =>
      this.#runServer(request, reply),
    );
    return drive(task, perform, (outcome) => {
      if (
        !outcome.ok &&
        !(outcome.error instanceof Error && outcome.error.name === 'Interrupted')
      ) {
        this.terminal.error(`bash: internal error: ${String(outcome.error)}`);
      }
      finished(outcome.ok ? outcome.value : undefined);
    });
  }

  #runServer(request: RunRequest, reply: (status: number) => void): void {
    const { processes, host, home, store } = this.#machine;
    const command = ['bee', ...request.args].join(' ');
    const pid = processes.newPid();
    this.#endRun = reply;
    const handle = host.launch(
      {
        sessionId: host.sessionId,
        pid,
        cwd: request.cwd,
        home,
        hostname: 'localhost',
        args: request.args,
        environment: { HOME: home, USER: this.#machine.user },
      },
      {
        onMessage: (message) => {
          if (this.#process?.pid === pid) this.#onMessage(message);
        },
        onCrash: (reason) => {
          if (this.#process?.pid === pid) this.#serverEnded(134, `bee stopped: ${reason}`);
        },
      },
    );
    const startedAt = Date.now() / 1000;
    this.#process = { pid, terminal: this.number, cwd: request.cwd, startedAt, command, handle };
    processes.add(this.#process);
    this.#config = new ConfigRecord();
    this.#isContinuing = false;
    this.#consolePrompt = 'bee> ';
    this.forgetInterrupted();
    updateTerminal(store, this.number, { program: 'console', pid });
    updateServer(store, {
      terminal: this.number,
      pid,
      cwd: request.cwd,
      isRunning: true,
      isPaused: false,
      command,
      exitCode: undefined,
      status: undefined,
    });
  }

  #onMessage(message: FromInstance): void {
    switch (message.kind) {
      case 'output':
        this.terminal.output(message.text);
        break;
      case 'log':
        this.terminal.log(message.text, message.level);
        if (message.text.includes('SystemError failed to write to')) {
          void this.#machine.noteFailedWrite(message.text.endsWith(': No space left on device'));
        }
        break;
      case 'prompt':
        this.#promptConsole(message.text, message.continuation);
        break;
      case 'status':
        this.#machine.noteStatus(this.number, message.status);
        break;
      case 'exit':
        this.#serverEnded(message.code, undefined);
        break;
      case 'completions':
      case 'probed':
        // The client has handed them to whoever asked.
        break;
    }
  }

  #promptConsole(text: string, isContinuation: boolean): void {
    if (!isContinuation) this.#consolePrompt = text;
    this.#isContinuing = isContinuation;
    updateTerminal(this.#machine.store, this.number, { busySince: undefined });
    this.terminal.prompt({
      text: text.endsWith(' ') ? text : `${text} `,
      isContinuation,
      continuation: consoleContinuation,
      history: this.#histories.console,
    });
    this.onPrompt();
  }

  /** The process is gone: the shell goes on with its exit status. */
  #serverEnded(code: number, words: string | undefined): void {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    const { processes, store } = this.#machine;
    processes.remove(process.pid);
    updateTerminal(store, this.number, { program: 'shell', pid: undefined });
    this.#machine.noteEnd(this.number, code);
    this.terminal.withdrawPrompt();
    if (words !== undefined) this.terminal.output(`${words}\n`);
    const end = this.#endRun;
    this.#endRun = undefined;
    end?.(code);
  }

  #onInterrupt(what: 'running' | 'unfinished'): void {
    if (this.#process !== undefined) {
      this.#process.handle.interrupt();
      // The server forgets the statement and goes on waiting for a line, without asking again.
      if (what === 'unfinished') this.#promptConsole(this.#consolePrompt, false);
      return;
    }
    this.#unfinished = '';
    if (this.#interruptShell === undefined) this.#promptShell();
    else this.#interruptShell();
  }

  #onEndOfInput(): void {
    if (this.#process !== undefined) {
      this.#process.handle.end();
      return;
    }
    this.terminal.note('This shell stays open as long as the page does.');
    this.#promptShell();
  }

  #onComplete(text: string, cursor: number, done: (found: Completion) => void): void {
    if (this.#process !== undefined) {
      void this.#process.handle.complete(text, cursor).then(done);
      return;
    }
    this.#drive(completeShell(text, cursor, this.shell.state), (found) => {
      if (found !== undefined) done(found);
    });
  }
}
