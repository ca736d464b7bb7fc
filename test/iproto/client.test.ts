/** The client that net.box stands on, from one whole server to another. */
import { expect, test } from 'vitest';
import type { Task } from '../../src/bee/base/fiber.ts';
import { dataOf, IprotoClient } from '../../src/bee/server/iproto-client.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { decode, encode } from '../../src/bee/wire/msgpack.ts';
import { encodeDml } from '../../src/bee/wire/requests.ts';
import { SimWorld } from '../../src/sim/index.ts';
import { uriOf } from '../replication/small-store.ts';
import { WholeServer } from '../replication/whole-server.ts';

const insertBody = (key: number) => encodeDml({ spaceId: 512, tuple: encode([key, 'x']) });

function makeServers(seed: number) {
  const sim = new SimWorld({ seed });
  const server = new WholeServer(sim, 'one');
  server.configure({ listen: 3301 });
  server.prepare();
  const { ddl } = server.instance.box;
  server.run(() => {
    ddl.grantUser(['guest', 'read,write', 'universe']);
    ddl.grantUser(['replicator', 'read,write', 'universe']);
  });
  const user = new WholeServer(sim, 'user');
  const host = { scheduler: user.instance.scheduler, network: user.instance.env.network };
  /** Runs a task on the client's side to its end. */
  const run = <T>(body: () => Task<T>, withinSeconds = 30): T => {
    let result: T | undefined;
    const outcome = user.begin(function* () {
      result = yield* body();
    });
    sim.expectUntil('the client is done', () => outcome.isDone, withinSeconds);
    if (outcome.error !== undefined) throw outcome.error;
    // Set, because the task ended without an error.
    return result as T;
  };
  const connect = (address: string): IprotoClient =>
    run(() => IprotoClient.connect(host, uriOf(address), 2));
  return { sim, server, run, connect };
}

test('knows who answers, asks, and hears the schema’s version', () => {
  const { server, run, connect } = makeServers(1);
  const client = connect('localhost:3301');
  expect(client.peerUuid).toBe(server.instance.storage.uuid);
  expect(client.peerVersion).toBe('2.6.0');
  const body = run(() => client.ask(IprotoType.INSERT, insertBody(1)));
  expect(dataOf(body).map((tuple) => decode(tuple))).toEqual([[1, 'x']]);
  expect(client.schemaVersion).toBe(server.instance.box.schema.version);
});

test('logs in with the address’s user; a wrong password is the server’s error', () => {
  const { connect } = makeServers(2);
  expect(connect('replicator:password@localhost:3301').error).toBeUndefined();
  expect(() => connect('replicator:wrong@localhost:3301')).toThrow(
    "Incorrect password supplied for user 'replicator'",
  );
  expect(() => connect('nobody:x@localhost:3301')).toThrow("User 'nobody' is not found");
});

test('a port where nobody listens, and one where something else does', () => {
  const { sim, connect } = makeServers(3);
  expect(() => connect('localhost:3309')).toThrow('Connection refused');
  sim.spawn(
    (env) => {
      env.network.listen(
        '0.0.0.0',
        3310,
        (connection) => connection.send(new TextEncoder().encode('hello'.padEnd(128))),
        () => undefined,
      );
      return { turn: () => 'idle' };
    },
    { cwd: '/home/user/other' },
  );
  expect(() => connect('localhost:3310')).toThrow('Invalid greeting');
});

test('many requests are under way at once, and each gets its own answer', () => {
  const { run, connect } = makeServers(4);
  const client = connect('localhost:3301');
  const answers = run(function* () {
    const requests = Array.from({ length: 300 }, (_, key) =>
      client.send(IprotoType.INSERT, insertBody(key % 200)),
    );
    const found: (number | string)[] = [];
    for (const request of requests) {
      const answer = yield* request.wait();
      found.push(answer?.ok ? dataOf(answer.body).length : String(answer?.error.codeName));
    }
    return found;
  });
  expect(answers.slice(0, 200)).toEqual(Array(200).fill(1));
  expect(answers.slice(200)).toEqual(Array(100).fill('ER_TUPLE_FOUND'));
});

test('an answer that takes too long is given up, and does no harm when it comes', () => {
  const { sim, run, connect } = makeServers(5);
  const client = connect('localhost:3301');
  sim.diskFaults.slowness = 10_000;
  expect(() => run(() => client.ask(IprotoType.INSERT, insertBody(1), 0.5))).toThrow(
    'Timeout exceeded',
  );
  sim.diskFaults.slowness = 1;
  sim.runFor(10);
  expect(run(() => client.ask(IprotoType.PING))).toBeDefined();
});

test('the server dies: all who wait hear it, and so does whoever asks later', () => {
  const { sim, server, run, connect } = makeServers(6);
  const client = connect('localhost:3301');
  sim.diskFaults.slowness = 10_000;
  let closedWith = '';
  client.onClosed = (error) => {
    closedWith = error.message;
  };
  const requests = [1, 2, 3].map((key) => client.send(IprotoType.INSERT, insertBody(key)));
  sim.runFor(0.1);
  server.kill();
  const errors = run(function* () {
    const found: string[] = [];
    for (const request of requests) {
      const answer = yield* request.wait();
      if (answer !== undefined && !answer.ok)
        found.push(`${answer.error.codeName} ${answer.error.message}`);
    }
    return found;
  });
  expect(errors).toEqual(Array(3).fill('ER_NO_CONNECTION Peer closed'));
  expect(closedWith).toBe('Peer closed');
  expect(() => run(() => client.ask(IprotoType.PING))).toThrow('Peer closed');
});

test('closed by its owner: those who wait hear that', () => {
  const { run, connect } = makeServers(7);
  const client = connect('localhost:3301');
  const request = client.send(IprotoType.PING);
  client.close();
  const answer = run(() => request.wait());
  expect(answer?.ok === false && answer.error.message).toBe('Connection closed');
});
