/** Requests for data, and stored programs, against a whole server: answered byte for byte as the real server answered. */
import { describe } from 'vitest';
import { createServer } from '../../src/bee/index.ts';
import { SimWorld } from '../../src/sim/index.ts';
import { exchanges, setUp } from './exchanges.ts';
import { RawClient } from './raw-client.ts';
import { testRecordedAnswers } from './recorded-answers.ts';

/** SQL is what Bee does not have. */
const withoutSql = exchanges.filter(({ name }) => !name.startsWith('execute'));

function makeServer(): { readonly sim: SimWorld; readonly connect: () => RawClient } {
  const sim = new SimWorld({ seed: 1 });
  const cwd = '/home/user/one';
  sim.files.makeDirectories(cwd);
  const prelude = "port = 3301; function ready() require('log').info('script is done') end\n";
  const script = `${prelude}${setUp}\nready()`.replaceAll('box.', 'db.');
  sim.files.writeFile(`${cwd}/script.lua`, new TextEncoder().encode(script));
  const server = sim.spawn(
    (env, host) =>
      createServer(
        env,
        { ...host, output: () => undefined, prompt: () => undefined },
        { args: ['script.lua'], isInteractive: false },
      ),
    { cwd },
  );
  sim.expectUntil(
    'the script is done',
    () => server.log.at(-1)?.includes('script is done') ?? false,
  );
  return { sim, connect: () => new RawClient(sim, 3301) };
}

/** The answer with its schema version and the vclock of a ballot left out: they tell how the server was prepared. */
function comparable(answer: Uint8Array): string {
  return Buffer.from(answer)
    .toString('hex')
    .replace(/(05ce)000000..(8[0-9a-f])/, '$1--------$2')
    .replace(/(2681)01../, '$1----')
    .replace(/(02(?=81))8101../, '$1------')
    .replace(/(636f757272656e743a20312c20696e20726571756573743a20)[0-9]{4}/g, '$1----')
    .replace(/(63757272656e743a20312c20696e20726571756573743a20)3[0-9]3[0-9]/g, '$1----');
}

describe('recorded answers', () => {
  testRecordedAnswers(withoutSql, makeServer(), comparable);
});
