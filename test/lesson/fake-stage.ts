import { fail, ok } from '../../src/bee/base/result.ts';
import type {
  Found,
  FoundFile,
  Pace,
  Probed,
  Program,
  Prompt,
  Stage,
} from '../../src/lesson/index.ts';

/**
 * A stage made of plain values: whatever line is typed becomes a fact that probes and files can be
 * asked for. `bee` and `os.exit()` change the program, `x = 1` sets a variable, `touch PATH` makes
 * a file. Answers come during the call.
 */
export class FakeStage implements Stage {
  readonly typed: string[] = [];
  resets = 0;
  owner: string | undefined;
  /** While false, lines are taken but their prompt does not come back until `release`. */
  isPrompt = true;
  /** Whether every terminal waits for the rest of something. */
  isContinuation = false;
  /** Why the files cannot be read. */
  filesError: string | undefined;
  #held: (() => void)[] = [];
  #programs = new Map<number, Program>();
  #variables = new Map<string, unknown>();
  #files: FoundFile[] = [];
  #timers: (() => void)[] = [];

  whenPrompting(terminal: number, done: (prompt: Prompt | undefined) => void): void {
    done({ program: this.program(terminal), isContinuation: this.isContinuation });
  }

  typeLine(terminal: number, text: string, pace: Pace, done: (entered: boolean) => void): void {
    this.typed.push(`${terminal}${pace === 'fast' ? '!' : ':'}${text}`);
    if (text === 'bee') this.#programs.set(terminal, 'console');
    if (text === 'os.exit()') this.#programs.delete(terminal);
    const [, name, value] = /^(\w+) = (\d+)$/.exec(text) ?? [];
    if (name !== undefined) this.#variables.set(`${terminal}.${name}`, Number(value));
    const [, path] = /^touch (\S+)$/.exec(text) ?? [];
    if (path !== undefined) this.#files.push({ path, kind: 'file', size: path.length });
    if (text === 'fail') done(false);
    else if (this.isPrompt) done(true);
    else this.#held.push(() => done(true));
  }

  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const done of held) done();
  }

  program(terminal: number): Program {
    return this.#programs.get(terminal) ?? 'shell';
  }

  probe(terminal: number, code: string, done: (result: Probed) => void): void {
    if (this.program(terminal) === 'shell') done({ kind: 'no-server' });
    else if (code === 'error()') done({ kind: 'error', message: 'attempt to call' });
    else done({ kind: 'value', value: this.#variables.get(`${terminal}.${code}`) });
  }

  find(pattern: string, done: (found: Found) => void): void {
    if (this.filesError !== undefined) {
      done(fail(this.filesError));
      return;
    }
    const [before = '', after = ''] = pattern.split('*');
    const files = this.#files.filter(({ path }) =>
      pattern.includes('*') ? path.startsWith(before) && path.endsWith(after) : path === pattern,
    );
    done(ok(files));
  }

  after(_seconds: number, fire: () => void): () => void {
    this.#timers.push(fire);
    return () => {
      this.#timers = this.#timers.filter((timer) => timer !== fire);
    };
  }

  /** Lets all timers fire that are set now. */
  tick(): void {
    const timers = this.#timers;
    this.#timers = [];
    for (const fire of timers) fire();
  }

  get hasTimers(): boolean {
    return this.#timers.length > 0;
  }

  reset(done: () => void): void {
    this.resets++;
    this.#programs.clear();
    this.#variables.clear();
    this.#files = [];
    done();
  }
}
