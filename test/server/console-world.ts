/** Whole servers with consoles, in a simulated world: a test types into them, slows their disks, kills and starts them. */
import { createServer } from '../../src/bee/lua/server.ts';
import { SimServer, SimWorld, type Spawned } from '../../src/sim/index.ts';

/** One of the servers. */
export type Seat = Spawned<SimServer>;

export class ConsoleWorld {
  readonly sim: SimWorld;

  constructor(seed = 1) {
    this.sim = new SimWorld({ seed });
  }

  /** Starts a server in the directory of that name, with whatever an earlier one left there, and waits for its prompt. */
  start(name: string): Seat {
    const seat = this.sim.spawn(SimServer.factory(createServer), { cwd: `/home/user/${name}` });
    this.sim.expectUntil('the prompt', () => seat.process.isAnswered, 5);
    return seat;
  }

  /** Types a line. @returns what it is answered, as soon as it is */
  begin(seat: Seat, line: string): { answer: string | undefined } {
    const outcome: { answer: string | undefined } = { answer: undefined };
    seat.process.type(line, ({ text }) => {
      outcome.answer = text.replace(/^---\n/, '').replace(/\n?\.\.\.\n\n?$/, '');
    });
    return outcome;
  }

  /** Types lines, each when the one before is answered. @returns the last answer, without the marks of the document */
  ask(seat: Seat, ...lines: readonly string[]): string {
    let answer = '';
    for (const line of lines) {
      const outcome = this.begin(seat, line);
      this.sim.expectUntil(line, () => outcome.answer !== undefined, 100);
      answer = outcome.answer ?? '';
    }
    return answer;
  }

  /** Lets some simulated seconds pass. */
  wait(seconds: number): void {
    this.sim.runUntil(() => false, seconds);
  }
}
