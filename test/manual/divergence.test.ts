/** Two servers that hold different things, compared: which tuples differ, and who wrote each side last. */
import { expect, test } from 'vitest';
import { type CheckOutcome, evaluateCheck } from '../../src/lesson/check.ts';
import {
  type AskServer,
  type Comparison,
  compareServers,
  digestsCode,
  type SpaceDigests,
  type TupleDifference,
} from '../../src/lesson/divergence.ts';
import { startPlay } from '../../src/lesson/play.ts';
import type { Stage } from '../../src/lesson/stage.ts';
import { lastWrites } from '../../src/worker/last-writes.ts';
import { type ConsoleServer, ConsoleWorld } from './console-world.ts';

/** Compares two servers and returns what differs. */
function compared(left: ConsoleServer, right: ConsoleServer): readonly TupleDifference[] {
  const ask =
    (server: ConsoleServer): AskServer =>
    (code, done) =>
      done({ kind: 'value', value: server.value(code) });
  let found: Comparison | undefined;
  startPlay(compareServers(ask(left), ask(right)), (comparison) => {
    found = comparison;
  });
  if (found?.kind !== 'compared') throw new Error(found?.message ?? 'no answer');
  return found.differences;
}

function writesOf(server: ConsoleServer, space: string) {
  // The expression's value is JSON of this shape.
  const digest = (server.value(digestsCode) as SpaceDigests)[space];
  if (digest === undefined) throw new Error(`no space ${space}`);
  const logs = server.files
    .filter((name) => name.endsWith('.xlog'))
    .map((name) => ({ name, bytes: server.bytesOf(name) }));
  return lastWrites(logs, digest);
}

function masters() {
  const world = new ConsoleWorld(11);
  const one = world.master();
  const two = world.replica();
  one.cfg(`replication_source = 'localhost:3302'`);
  for (let key = 1; key <= 5; key++) one.insert(key, 'both');
  world.settled(one, two);
  return { world, one, two };
}

test('servers that hold the same have nothing to show', () => {
  const { one, two } = masters();
  expect(compared(one, two)).toEqual([]);
});

test('two replaces at once: the tuple on each side, and the row of the other server that wrote it last', () => {
  const { world, one, two } = masters();
  world.sim.network.cut('one', 'two');
  one.say(`db.space.tester:replace{3, 'by one'}`);
  two.say(`db.space.tester:replace{3, 'by two'}`);
  world.sim.network.heal();
  world.settled(one, two);
  expect(compared(one, two)).toEqual([
    { space: 'tester', key: '[3]', left: '[3,"by two"]', right: '[3,"by one"]' },
  ]);
  const [left, right] = [writesOf(one, 'tester').get('[3]'), writesOf(two, 'tester').get('[3]')];
  expect(left).toMatchObject({ origin: 2, lsn: 1, type: 'REPLACE' });
  expect(right).toMatchObject({ origin: 1, type: 'REPLACE' });
  expect(right?.lsn).toBe(one.value('db.info.server.lsn'));
});

test('a delete against an update: one side has nothing, and the log says who took it away', () => {
  const { world, one, two } = masters();
  world.sim.network.cut('one', 'two');
  one.say('db.space.tester:delete{2}');
  two.say(`db.space.tester:replace{2, 'changed'}`);
  world.sim.network.heal();
  world.settled(one, two);
  expect(compared(one, two)).toEqual([
    { space: 'tester', key: '[2]', left: '[2,"changed"]', right: undefined },
  ]);
  expect(writesOf(two, 'tester').get('[2]')).toMatchObject({ origin: 1, type: 'DELETE' });
});

test('rows that only one server has, and a space that only one has; local spaces are meant to differ', () => {
  const { world, one, two } = masters();
  one.say(`db.cfg{replication_source = ''}`);
  one.say(`db.schema.space.create('mine', {is_local = true}):create_index('primary')`);
  world.settled(one, two);
  one.say('db.space.mine:insert{1}');
  two.insert(9, 'only here');
  two.say(`db.schema.space.create('extra', {id = 900}):create_index('primary')`);
  two.say('db.space.extra:insert{1}');
  expect(compared(one, two)).toEqual([
    { space: 'extra', key: '[1]', left: undefined, right: '[1]' },
    { space: 'tester', key: '[9]', left: undefined, right: '[9,"only here"]' },
  ]);
  expect(writesOf(two, 'tester').get('[9]')).toMatchObject({ origin: 2, type: 'INSERT' });
});

test('a lesson can ask for it: check same=1,2 and check differ=1,2', () => {
  const { world, one, two } = masters();
  const nothing = (): never => {
    throw new Error('a check of contents asks servers only');
  };
  const stage: Stage = {
    owner: undefined,
    whenPrompting: nothing,
    typeLine: nothing,
    program: nothing,
    find: nothing,
    after: nothing,
    reset: nothing,
    probe: (terminal, code, done) =>
      done({ kind: 'value', value: (terminal === 1 ? one : two).value(code) }),
  };
  const outcome = (areSame: boolean): CheckOutcome | undefined => {
    let found: CheckOutcome | undefined;
    const check = { kind: 'contents', words: '', terminals: [1, 2], areSame } as const;
    startPlay(evaluateCheck(check, stage), (value) => {
      found = value;
    });
    return found;
  };
  expect(outcome(true)?.holds).toBe(true);
  expect(outcome(false)).toMatchObject({ holds: false, found: 'the same on both servers' });
  one.say(`db.cfg{replication_source = ''}`);
  two.insert(7, 'only here');
  world.sim.runFor(1);
  expect(outcome(false)?.holds).toBe(true);
  expect(outcome(true)).toMatchObject({ holds: false, found: 'different contents in tester' });
});

test('a server that cannot be asked is an error, not a difference', () => {
  const outcomes: Comparison[] = [];
  const ask: AskServer = (_code, done) => done({ kind: 'no-server' });
  startPlay(compareServers(ask, ask), (comparison) => outcomes.push(comparison));
  expect(outcomes).toEqual([{ kind: 'error', message: 'no server runs there' }]);
});
