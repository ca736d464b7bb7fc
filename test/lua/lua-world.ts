/** A server in a simulated world whose console a test types into. */
import { Console } from '../../src/bee/lua/console.ts';
import { LuaRuntime } from '../../src/bee/lua/runtime.ts';
import { utf8 } from '../../src/bee/lua/vm/value.ts';
import { Instance } from '../../src/bee/server/instance.ts';
import { SimWorld } from '../../src/sim/index.ts';

export class LuaWorld {
  readonly sim = new SimWorld({ seed: 1 });
  readonly instance: Instance;
  readonly runtime: LuaRuntime;
  readonly console: Console;

  constructor() {
    const { process } = this.sim.spawn(
      (env, host) =>
        new Instance(
          env,
          { ...host, output: () => undefined, prompt: () => undefined },
          { args: [], isInteractive: false },
        ),
      { cwd: '/home/user/one' },
    );
    this.instance = process;
    this.runtime = new LuaRuntime(process);
    this.console = new Console(this.runtime);
  }

  /** Starts a statement. */
  begin(statement: string): { answer: string | undefined } {
    const outcome: { answer: string | undefined } = { answer: undefined };
    const { consoles } = this.runtime;
    const { contexts } = this.instance;
    const context = contexts.make(contexts.makeSession('console'));
    this.instance.spawn('console', context, function* () {
      outcome.answer = yield* consoles.evaluate(utf8(statement));
    });
    return outcome;
  }

  /** What the console answers, without the marks of the document. */
  answer(statement: string): string {
    const outcome = this.begin(statement);
    this.sim.expectUntil('the statement ends', () => outcome.answer !== undefined, 60);
    return (outcome.answer ?? '').replace(/^---\n/, '').replace(/\.\.\.\n$/, '');
  }
}
