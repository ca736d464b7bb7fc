/** Replication with the real server, in both directions. Skipped where it is not installed. */
import { afterEach, expect, test } from 'vitest';
import { DdlTable } from '../../src/bee/box/ddl-value.ts';
import {
  freePort,
  isRealServerInstalled,
  type RealServer,
  startRealServer,
} from '../iproto/real-server.ts';
import { NodeServer } from './node-server.ts';

const real = test.skipIf(!isRealServerInstalled);
const running: (NodeServer | RealServer)[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) {
    if (server instanceof NodeServer) await server.exit();
    else await server.stop();
  }
});

function started<T extends NodeServer | RealServer>(server: T): T {
  running.push(server);
  return server;
}

const prepare = `
  box.schema.user.create('replicator', {password = 'password'})
  box.schema.user.grant('replicator', 'replication')
  s = box.schema.space.create('tester')
  s:create_index('primary')
`;

/** What the real server runs when asked: each line that appears in its directory's \`ask.lua\`. */
const listener = `
  fiber = require('fiber')
  fiber.create(function()
    local log, seen = require('log'), 0
    while true do
      local file = io.open(directory .. '/ask.lua')
      if file ~= nil then
        local text = file:read('*a') file:close()
        local number = tonumber(text:match('^%-%-(%d+)'))
        if number ~= nil and number > seen then
          seen = number
          local ok, result = pcall(loadstring(text))
          log.info('answer %d %s', number, require('json').encode({ok and result or tostring(result)}))
        end
      end
      fiber.sleep(0.01)
    end
  end)
  ready()
`;

let questions = 0;

/** Evaluates a function body on the real server. */
async function ask(server: RealServer, code: string): Promise<unknown> {
  const { writeFileSync, renameSync } = await import('node:fs');
  const number = ++questions;
  writeFileSync(`${server.directory}/ask.tmp`, `--${number}\n${code}`);
  renameSync(`${server.directory}/ask.tmp`, `${server.directory}/ask.lua`);
  const answer = new RegExp(`answer ${number} (.*)`);
  await server.logged(answer);
  return JSON.parse(answer.exec(server.log())?.[1] ?? '[]')[0];
}

const rows = (space: string) =>
  `local all = {} for _, t in box.space.${space}:pairs() do table.insert(all, t:totable()) end return all`;

/** Asks until the answer is the expected one. */
async function askUntil(server: RealServer, code: string, expected: unknown): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await ask(server, code);
    try {
      expect(answer).toEqual(expected);
      return;
    } catch (error) {
      if (tries === 99) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

real('a server of ours joins a real master, follows it, and is followed by it', async () => {
  const master = started(
    await startRealServer(`box.cfg{listen = port, replication_timeout = 0.3}${prepare}
      s:insert{1, 'before the join'} ${listener}`),
  );
  const replica = started(new NodeServer());
  const port = await freePort();
  const source = `replicator:password@localhost:${master.port}`;
  await replica.configure({ listen: port, replication: source, replication_timeout: 0.3 });
  expect(await replica.select(512)).toEqual([[1, 'before the join']]);
  expect(await replica.select(320)).toEqual(await ask(master, rows('_cluster')));
  for (const space of [280, 288, 304, 296]) {
    const name = { 280: '_space', 288: '_index', 304: '_user', 296: '_func' }[space] ?? '';
    expect(JSON.parse(JSON.stringify((await replica.select(space)).map(plain)))).toHaveLength(
      ((await ask(master, rows(name))) as unknown[]).length,
    );
  }
  await ask(
    master,
    `s:insert{2, 'live'} box.begin() s:insert{3, 'a'} s:insert{4, 'b'} box.commit()`,
  );
  await replica.until('rows arrive', () => replica.instance.storage.writtenVclock.get(1) >= 13);
  expect(await replica.select(512)).toHaveLength(4);
  await replica.insert(512, 10, 'ours');
  await ask(master, `box.cfg{replication = 'replicator:password@localhost:${port}'}`);
  await askUntil(master, rows('tester'), [
    [1, 'before the join'],
    [2, 'live'],
    [3, 'a'],
    [4, 'b'],
    [10, 'ours'],
  ]);
  await replica.insert(512, 11, 'ours, live');
  await askUntil(master, 'return box.space.tester:count()', 6);
  await askUntil(master, 'return box.info.replication[2].upstream.status', 'follow');
  await askUntil(master, 'return box.info.replication[2].downstream.status', 'follow');
});

real('a real server joins a master of ours, follows it, and is followed by it', async () => {
  const master = started(new NodeServer());
  const port = await freePort();
  await master.configure({ listen: port, replication_timeout: 0.3 });
  const { ddl } = master.instance.box;
  await master.run(() => {
    ddl.createUser('replicator', new DdlTable([['password', 'password']]));
    ddl.grantUser(['replicator', 'execute', 'role', 'replication']);
    ddl.createSpace('tester', undefined);
    ddl.createIndex(512, 'primary', undefined);
  });
  await master.insert(512, 1, 'before the join');
  const replica = started(
    await startRealServer(`box.cfg{listen = port, replication_timeout = 0.3,
      replication = 'replicator:password@localhost:${port}'} s = box.space.tester ${listener}`),
  );
  await askUntil(replica, rows('tester'), [[1, 'before the join']]);
  expect(await ask(replica, rows('_cluster'))).toEqual(await master.select(320));
  await master.insert(512, 2, 'live');
  await askUntil(replica, 'return box.space.tester:count()', 2);
  await ask(
    replica,
    `s:insert{10, 'theirs'} box.begin() s:insert{11, 'a'} s:insert{12, 'b'} box.commit()`,
  );
  await master.configure({ replication: `replicator:password@localhost:${replica.port}` });
  expect(
    (await master.select(512)).map((tuple) => (Array.isArray(tuple) ? tuple[0] : tuple)),
  ).toEqual([1, 2, 10, 11, 12]);
  await ask(replica, `s:update({10}, {{'=', 2, 'changed'}}) s:delete{1}`);
  await master.until('the changes arrive', () => master.instance.storage.writtenVclock.get(2) >= 5);
  expect(await master.select(512)).toEqual([
    [2, 'live'],
    [10, 'changed'],
    [11, 'a'],
    [12, 'b'],
  ]);
  await askUntil(replica, 'return box.info.replication[1].upstream.status', 'follow');
  await askUntil(replica, 'return box.info.replication[1].downstream.status', 'follow');
});

real(
  'a real replica that was away catches up with a master of ours that restarted meanwhile',
  async () => {
    const port = await freePort();
    const first = new NodeServer();
    await first.configure({ listen: port, replication_timeout: 0.3 });
    const { ddl } = first.instance.box;
    await first.run(() => {
      ddl.grantUser(['guest', 'replication']);
      ddl.createSpace('tester', undefined);
      ddl.createIndex(512, 'primary', undefined);
    });
    const replica = started(
      await startRealServer(`box.cfg{listen = port, replication_timeout = 0.3,
      replication = 'localhost:${port}'} s = box.space.tester ${listener}`),
    );
    await first.insert(512, 1, 'x');
    await askUntil(replica, 'return box.space.tester:count()', 1);
    await first.exit('keep');
    const master = started(new NodeServer(first.directory));
    await master.configure({ listen: port, replication_timeout: 0.3 });
    await master.insert(512, 2, 'y');
    await askUntil(replica, 'return box.space.tester:count()', 2);
    await askUntil(replica, 'return box.info.replication[1].upstream.status', 'follow');
  },
);

real(
  'anonymous replicas, theirs of ours and ours of theirs, and each becomes a member',
  async () => {
    const master = started(new NodeServer());
    const port = await freePort();
    await master.configure({ listen: port, replication_timeout: 0.3 });
    const { ddl } = master.instance.box;
    await master.run(() => {
      ddl.grantUser(['guest', 'replication']);
      ddl.createSpace('tester', undefined);
      ddl.createIndex(512, 'primary', undefined);
    });
    await master.insert(512, 1, 'x');
    const theirs = started(
      await startRealServer(`box.cfg{listen = port, replication_timeout = 0.3, replication_anon = true, read_only = true,
      replication = 'localhost:${port}'} ${listener}`),
    );
    await master.insert(512, 2, 'y');
    await askUntil(theirs, 'return box.space.tester:count()', 2);
    expect(await ask(theirs, 'return box.info.id')).toBe(0);
    expect(await master.select(320)).toHaveLength(1);
    await ask(theirs, 'box.cfg{replication_anon = false}');
    await askUntil(theirs, 'return box.info.id', 2);
    await master.insert(512, 3, 'z');
    await askUntil(theirs, 'return box.space.tester:count()', 3);

    const ours = started(new NodeServer());
    const source = `localhost:${theirs.port}`;
    await ours.configure({
      replication: source,
      replication_timeout: 0.3,
      replication_anon: true,
      read_only: true,
    });
    expect(await ours.select(512)).toHaveLength(3);
    expect(ours.instance.storage.id).toBe(0);
    await master.insert(512, 4, 'through them');
    await ours.until(
      'the row comes through',
      () => ours.instance.storage.writtenVclock.get(1) >= 9,
    );
    expect(await ours.select(512)).toHaveLength(4);
    await ask(theirs, 'box.cfg{read_only = false}');
    await ours.configure({ replication_anon: false });
    await ours.until('it has an id', () => ours.instance.storage.id === 3);
    await askUntil(theirs, 'return box.space._cluster:count()', 3);
  },
);

/** A tuple as JSON would show it. */
function plain(value: unknown): unknown {
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return Array.isArray(value)
    ? value.map(plain)
    : typeof value === 'bigint'
      ? Number(value)
      : value;
}

real(
  'a real replica is the quorum of synchronous transactions of ours, and follows what is taken back',
  async () => {
    const master = started(new NodeServer());
    const port = await freePort();
    await master.configure({ listen: port, replication_timeout: 0.3 });
    await master.run(() => {
      const { ddl } = master.instance.box;
      ddl.createUser('replicator', new DdlTable([['password', 'password']]));
      ddl.grantUser(['replicator', 'execute', 'role', 'replication']);
      ddl.createSpace('orders', new DdlTable([['is_sync', true]]));
      ddl.createIndex(512, 'primary', undefined);
    });
    await master.insert(512, 1, 'alone');
    const replica = started(
      await startRealServer(`box.cfg{replication = 'replicator:password@localhost:${port}',
      replication_timeout = 0.3} ${listener}`),
    );
    await master.configure({ replication_synchro_quorum: 2 });
    await master.insert(512, 2, 'of both');
    await master.configure({ replication_synchro_quorum: 3, replication_synchro_timeout: 0.5 });
    await expect(master.insert(512, 3, 'of too few')).rejects.toThrow(
      'Quorum collection for a synchronous transaction is timed out',
    );
    const kept = [
      [1, 'alone'],
      [2, 'of both'],
    ];
    expect(await master.select(512)).toEqual(kept);
    await askUntil(replica, rows('orders'), kept);
  },
);

real('our replica is the quorum of a real master’s synchronous transactions', async () => {
  const master = started(
    await startRealServer(`box.cfg{listen = port, replication_timeout = 0.3}
      box.schema.user.create('replicator', {password = 'password'})
      box.schema.user.grant('replicator', 'replication')
      s = box.schema.space.create('orders', {is_sync = true})
      s:create_index('primary')
      s:insert{1} ${listener}`),
  );
  const replica = started(new NodeServer());
  const source = `replicator:password@localhost:${master.port}`;
  await replica.configure({ replication: source, replication_timeout: 0.3 });
  await ask(master, 'box.cfg{replication_synchro_quorum = 2} return s:insert{2}');
  const refused = 'box.cfg{replication_synchro_quorum = 3, replication_synchro_timeout = 0.5}';
  expect(await ask(master, `${refused} return s:insert{3}`)).toBe(
    'Quorum collection for a synchronous transaction is timed out',
  );
  const decided = Number(await ask(master, 'return box.info.lsn'));
  await replica.until(
    'the decision arrives',
    () => replica.instance.storage.writtenVclock.get(1) >= decided,
  );
  expect(await replica.select(512)).toEqual([[1], [2]]);
});
