/** Every golden transcript, played to a server of ours in a simulated world. */
import { describe, expect, it } from 'vitest';
import { Repl } from '../../src/bee/lua/repl.ts';
import { LuaRuntime } from '../../src/bee/lua/runtime.ts';
import { utf8 } from '../../src/bee/lua/vm/value.ts';
import { Instance } from '../../src/bee/server/instance.ts';
import { SimWorld } from '../../src/sim/index.ts';
import { readScripts, type Script, withoutAddresses } from './script.ts';

function answers(script: Script): string[] {
  const sim = new SimWorld({ seed: 1 });
  const { process: instance } = sim.spawn(
    (env, host) =>
      new Instance(
        env,
        { ...host, output: () => undefined, prompt: () => undefined },
        { args: [], isInteractive: false },
      ),
    { cwd: '/home/user/one' },
  );
  const { consoles } = new LuaRuntime(instance);
  const { contexts } = instance;
  const given: string[] = [];
  let isDone = false;
  instance.spawn('console/unix/:', contexts.make(contexts.makeSession('console')), function* () {
    const exchanges = script.exchanges.values();
    let pushed = '';
    const repl = new Repl((text) => {
      pushed += text;
    });
    yield* consoles.serve(
      repl,
      function* () {
        // A console waits for its next line: a transaction does not survive that.
        yield* instance.scheduler.reschedule();
        const { value } = exchanges.next();
        return value === undefined ? undefined : utf8(value.statement);
      },
      function* (answer) {
        given.push(pushed + answer);
        pushed = '';
      },
    );
    isDone = true;
  });
  sim.expectUntil('the script ends', () => isDone, 600);
  return given;
}

/** Statements with their answers: what differs is then seen with the statement that it answers. */
function transcript(script: Script, given: readonly string[]): string {
  return script.exchanges
    .map(({ statement }, at) => `bee> ${statement}\n${withoutAddresses(given[at] ?? '')}`)
    .join('\n');
}

const scripts = readScripts();

describe('console transcripts of the real server', () => {
  it.each(scripts.map((script) => [script.name, script] as const))('%s', (_name, script) => {
    const recorded = script.exchanges.map(({ answer }) => answer);
    expect(transcript(script, answers(script))).toBe(transcript(script, recorded));
  });

  it('has no script without an answer', () => {
    for (const { name, exchanges } of scripts) {
      for (const { answer } of exchanges) expect(answer, name).toMatch(/\.\.\.\n$/);
    }
  });
});
