/** Requests for data, against a whole server: answered byte for byte as the real server answered. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DdlTable } from '../../src/bee/box/ddl-value.ts';
import { SimWorld } from '../../src/sim/index.ts';
import { WholeServer } from '../replication/whole-server.ts';
import { exchanges } from './exchanges.ts';
import { RawClient } from './raw-client.ts';

const recorded: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('exchanges.json', import.meta.url), 'utf8'),
);

/** Stored programs need the language on top. */
const withoutLua = exchanges.filter(
  ({ name }) =>
    !/^(call|eval|execute)/.test(name) || / without (name|expr)| that are no /.test(name),
);

function makeServer(): { readonly sim: SimWorld; readonly connect: () => RawClient } {
  const sim = new SimWorld({ seed: 1 });
  const server = new WholeServer(sim, 'one');
  server.configure({
    listen: 3301,
    instance_uuid: '11111111-1111-4111-8111-111111111111',
    replicaset_uuid: '22222222-2222-4222-8222-222222222222',
  });
  const { ddl } = server.instance.box;
  const password = new DdlTable([['password', 'secret']]);
  server.run(() => {
    ddl.createUser('u', password);
    ddl.createUser('plain', password);
    ddl.createUser('bare', undefined);
    ddl.createSpace('t', undefined);
    ddl.createIndex(512, 'primary', undefined);
    ddl.createIndex(
      512,
      'name',
      new DdlTable([
        [
          'parts',
          new DdlTable([
            [1, 2],
            [2, 'string'],
          ]),
        ],
      ]),
    );
  });
  server.insert(512, 1, 'one');
  server.insert(512, 2, 'two');
  server.insert(512, 3, 'three');
  server.run(() => {
    ddl.grantUser(['u', 'read,write,execute', 'universe']);
    ddl.grantUser(['plain', 'read', 'space', 't']);
  });
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
  const { sim, connect } = makeServer();
  test.each(withoutLua.map((exchange) => [exchange.name, exchange] as const))(
    '%s',
    (name, exchange) => {
      const client = connect();
      if (exchange.as !== 'guest') client.logIn(exchange.as, 'secret');
      const answer = client.ask(exchange.request);
      const expected = comparable(Buffer.from(recorded[name] ?? '', 'hex'));
      expect(comparable(answer)).toBe(expected);
      sim.runFor(0.1);
      expect(client.isClosed).toBe(exchange.closes ?? false);
      client.close();
    },
  );
});
