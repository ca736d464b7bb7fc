/** Who shows no proof is guest, or nobody: also where the user has no password, or an empty one. */
import { expect, test } from 'vitest';
import { DdlTable } from '../../src/bee/box/ddl-value.ts';
import { SimWorld } from '../../src/sim/index.ts';
import { WholeServer } from '../replication/whole-server.ts';
import { frame, str } from './exchanges.ts';
import { RawClient } from './raw-client.ts';

/** What a login without a scramble is answered: 0, or the number of the error. */
function statusOf(client: RawClient, user: string): number {
  const login = frame(
    [
      [0x00, '07'],
      [0x01, '01'],
    ],
    [
      [0x23, str(user)],
      [0x21, '90'],
    ],
  );
  const answer = client.ask(login);
  return new DataView(answer.buffer, answer.byteOffset).getUint32(8) & 0x7fff;
}

const invalidMsgpack = 20;

test('guest needs no proof, and nobody else goes without', () => {
  const sim = new SimWorld({ seed: 1 });
  const server = new WholeServer(sim, 'one');
  server.configure({ listen: 3301 });
  const { ddl } = server.instance.box;
  server.run(() => {
    ddl.createUser('bare', undefined);
    ddl.createUser('blank', new DdlTable([['password', '']]));
    ddl.createUser('careful', new DdlTable([['password', 'secret']]));
  });
  const client = new RawClient(sim, 3301);
  expect(statusOf(client, 'guest')).toBe(0);
  for (const user of ['bare', 'blank', 'careful', 'admin']) {
    expect(statusOf(new RawClient(sim, 3301), user), user).toBe(invalidMsgpack);
  }
});
