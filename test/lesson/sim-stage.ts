import { ok } from '../../src/bee/base/result.ts';
import type {
  Found,
  Lesson,
  Pace,
  Play,
  Probed,
  Program,
  Prompt,
  Stage,
} from '../../src/lesson/index.ts';
import { startPlay } from '../../src/lesson/index.ts';
import { SimWorld } from '../../src/sim/index.ts';
import { findFiles } from './sim-files.ts';
import { home, SimTerminal } from './sim-terminal.ts';

/** Virtual seconds that a whole lesson may take: ten times what the longest needs. */
const lessonSecondsMax = 600;

/** A lesson's stage in the simulated world: no browser, no real time, one seed one run. */
export class SimStage implements Stage {
  readonly world: SimWorld;
  owner: string | undefined;
  readonly #count: number;
  #terminals: SimTerminal[] = [];

  constructor(lesson: Lesson, seed: number) {
    this.world = new SimWorld({ seed });
    this.#count = lesson.terminals;
    this.#open();
  }

  /** What a terminal shows. */
  lines(terminal: number): readonly string[] {
    return this.#terminals[terminal - 1]?.lines ?? [];
  }

  /** Steps the world until a play has ended. */
  run<T>(what: string, play: Play<T>): T {
    let outcome: { value: T } | undefined;
    startPlay(play, (value) => {
      outcome = { value };
    });
    this.world.expectUntil(what, () => outcome !== undefined, lessonSecondsMax);
    if (outcome === undefined) throw new Error(`${what} did not end`);
    return outcome.value;
  }

  whenPrompting(terminal: number, done: (prompt: Prompt | undefined) => void): void {
    const { program, isContinuation } = this.#at(terminal);
    done({ program, isContinuation });
  }

  typeLine(terminal: number, text: string, _pace: Pace, done: (entered: boolean) => void): void {
    this.#at(terminal).enter(text, () => done(true));
  }

  program(terminal: number): Program {
    return this.#at(terminal).program;
  }

  probe(terminal: number, code: string, done: (result: Probed) => void): void {
    const { server } = this.#at(terminal);
    if (server === undefined) {
      done({ kind: 'no-server' });
      return;
    }
    server.probe(code, (result) =>
      done(
        result.ok
          ? { kind: 'value', value: result.value }
          : { kind: 'error', message: result.error },
      ),
    );
  }

  find(pattern: string, done: (found: Found) => void): void {
    done(ok(findFiles(this.world.files, home, pattern)));
  }

  after(seconds: number, fire: () => void): () => void {
    const event = this.world.timeline.after(seconds * 1e6, fire, true);
    return () => this.world.timeline.queue.cancel(event);
  }

  reset(done: () => void): void {
    for (const terminal of this.#terminals) terminal.kill();
    const { files } = this.world;
    for (const [path] of [...files.files(home)]) files.unlink(path);
    for (const found of findFiles(files, home, '~/*')) files.rmdir(found.path);
    this.#open();
    done();
  }

  #open(): void {
    this.world.files.makeDirectories(home);
    this.#terminals = Array.from(
      { length: this.#count },
      (_, index) => new SimTerminal(this.world, index + 1),
    );
  }

  #at(terminal: number): SimTerminal {
    const found = this.#terminals[terminal - 1];
    if (found === undefined) throw new Error(`no Terminal #${terminal}`);
    return found;
  }
}
