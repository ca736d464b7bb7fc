/** The simulated world itself: one seed gives one run, and each fault of its two models does what its header says. */
import { describe, expect, it } from 'vitest';
import type { Connection, Env, OpenFile } from '../../src/bee/env/index.ts';
import { type Process, type ProcessHost, SimWorld } from '../../src/sim/index.ts';

/** A process that does nothing by itself: tests use its Env as they like. */
class Idle implements Process {
  readonly env: Env;
  readonly host: ProcessHost;
  turns = 0;

  constructor(env: Env, host: ProcessHost) {
    this.env = env;
    this.host = host;
  }

  turn(): 'idle' {
    this.turns++;
    return 'idle';
  }
}

function spawn(world: SimWorld, name: string) {
  return world.spawn((env, host) => new Idle(env, host), { cwd: `/${name}` });
}

function open(world: SimWorld, env: Env, path: string): OpenFile {
  const files: OpenFile[] = [];
  env.disk.open(path, 'append', (result) => {
    if (result.ok) files.push(result.value);
  });
  world.expectUntil('open', () => files.length === 1);
  const [file] = files;
  if (file === undefined) throw new Error('not opened');
  return file;
}

interface Wire {
  readonly near: Connection;
  readonly far: Connection;
  /** What each side was told, in order: sizes of data, and how it ended. */
  readonly nearHeard: string[];
  readonly farHeard: string[];
}

/** A connection from one process to a port of another. */
function wire(world: SimWorld, client: Env, server: Env, port = 3301): Wire {
  const ends: Connection[] = [];
  const listen = (connection: Connection, heard: string[]): void => {
    connection.onEvent = (event) => {
      if (event.kind === 'data') heard.push(new TextDecoder().decode(event.bytes));
      else heard.push(event.kind === 'closed' ? `closed ${event.error?.code ?? ''}` : event.kind);
    };
  };
  const [nearHeard, farHeard]: [string[], string[]] = [[], []];
  server.network.listen(
    'localhost',
    port,
    (far) => {
      listen(far, farHeard);
      ends[1] = far;
    },
    () =>
      client.network.connect('localhost', port, (result) => {
        if (!result.ok) throw new Error(result.error.code);
        listen(result.value, nearHeard);
        ends[0] = result.value;
      }),
  );
  world.expectUntil('a connection', () => ends[0] !== undefined && ends[1] !== undefined);
  const [near, far] = ends;
  if (near === undefined || far === undefined) throw new Error('no connection');
  return { near, far, nearHeard, farHeard };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A run with some of everything, for comparing two. */
function busyRun(seed: number): string {
  const world = new SimWorld({ seed, traceLinesMax: 10_000 });
  const [one, two] = [spawn(world, 'one'), spawn(world, 'two')];
  world.diskFaults.appendFailure = 0.1;
  const file = open(world, one.process.env, '/one/log');
  const { near } = wire(world, one.process.env, two.process.env);
  for (let at = 0; at < 50; at++) {
    file.append(one.process.env.random.bytes(100), 'relaxed', () => near.send(bytes(`${at}`)));
    one.process.env.clock.timer(at / 100, () => one.process.host.wake());
  }
  world.runFor(0.3);
  world.kill(two.pid);
  world.settle();
  return `${world.traceText()}\n${world.files.readFile('/one/log').join()}`;
}

describe('simulated world', () => {
  it('gives the same run for the same seed, and another for another', () => {
    expect(busyRun(7)).toBe(busyRun(7));
    expect(busyRun(7)).not.toBe(busyRun(8));
  });

  it('says with its seed and trace what did not come about', () => {
    const world = new SimWorld({ seed: 42 });
    spawn(world, 'one');
    expect(() => world.expectUntil('the impossible', () => false, 5)).toThrow(
      /the impossible: not within 5 s \(seed 42\)[\s\S]*one spawned as/,
    );
  });

  it('lets virtual time pass for a process that only looks at its clock', () => {
    const world = new SimWorld({ seed: 1 });
    const { clock } = spawn(world, 'one').process.env;
    const end = clock.monotonic() + 0.5;
    let looks = 0;
    while (clock.monotonic() < end) looks++;
    expect(looks).toBeLessThanOrEqual(500_000);
    expect(world.now).toBeGreaterThanOrEqual(0.5);
  });

  it('gives timers their order, and turns to others while one asks for more for ever', () => {
    const world = new SimWorld({ seed: 1 });
    world.spawn(() => ({ turn: () => 'more' }), { cwd: '/busy' });
    const { process } = spawn(world, 'one');
    const fired: number[] = [];
    for (const after of [0.3, 0.1, 0.2]) process.env.clock.timer(after, () => fired.push(after));
    const cancel = process.env.clock.timer(0.15, () => fired.push(0.15));
    cancel();
    world.expectUntil('three timers', () => fired.length === 3, 1);
    expect(fired).toEqual([0.1, 0.2, 0.3]);
  });

  it('settles when only timers are ahead', () => {
    const world = new SimWorld({ seed: 1 });
    const { env } = spawn(world, 'one').process;
    env.clock.timer(1000, () => undefined);
    env.disk.mkdir('/one/d', () => undefined);
    expect(world.settle()).toBe(true);
    expect(world.files.exists('/one/d')).toBe(true);
    expect(world.now).toBeLessThan(1);
  });

  it('loses at a crash only what was not reported, and tears at most the last append', () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 200; seed++) {
      const world = new SimWorld({ seed });
      const { process, pid } = spawn(world, 'one');
      const file = open(world, process.env, '/one/log');
      let reported = 0;
      for (let at = 0; at < 10; at++) {
        file.append(bytes(`[${String(at).repeat(8)}]`), 'relaxed', () => reported++);
      }
      world.runUntil(() => reported >= 3);
      world.kill(pid);
      const count = reported;
      world.settle();
      expect(reported, 'nobody is told after a kill').toBe(count);
      const text = new TextDecoder().decode(world.files.readFile('/one/log'));
      const all = Array.from({ length: 10 }, (_, at) => `[${String(at).repeat(8)}]`).join('');
      expect(all.startsWith(text), `seed ${seed}: ${text}`).toBe(true);
      expect(text.length, `seed ${seed}`).toBeGreaterThanOrEqual(count * 10);
      outcomes.add(text.length % 10 > 0 ? 'torn' : text.length > count * 10 ? 'more' : 'exact');
    }
    expect([...outcomes].sort()).toEqual(['exact', 'more', 'torn']);
  });

  it('fails appends and names as it is told, leaving nothing behind', () => {
    const world = new SimWorld({ seed: 3 });
    const { env } = spawn(world, 'one').process;
    const file = open(world, env, '/one/log');
    const outcomes: string[] = [];
    const note = (result: { ok: boolean; error?: { code: string } }): void => {
      outcomes.push(result.ok ? 'ok' : (result.error?.code ?? ''));
    };
    world.diskFaults.capacityBytes = 15;
    for (const text of ['0123456789', '0123456789', '01234']) {
      file.append(bytes(text), 'relaxed', note);
    }
    world.settle();
    expect(outcomes.splice(0)).toEqual(['ok', 'ENOSPC', 'ok']);
    expect(world.files.readFile('/one/log').length).toBe(15);
    world.diskFaults.capacityBytes = Number.POSITIVE_INFINITY;
    world.diskFaults.appendFailure = 1;
    file.append(bytes('x'), 'strict', note);
    world.diskFaults.nameFailure = 1;
    env.disk.mkdir('/one/d', note);
    world.settle();
    expect(outcomes.sort()).toEqual(['EIO', 'EIO']);
    expect(world.files.readFile('/one/log').length).toBe(15);
    expect(world.files.exists('/one/d')).toBe(false);
  });

  it('makes a slow disk slow', () => {
    const time = (slowness: number): number => {
      const world = new SimWorld({ seed: 5 });
      world.diskFaults.slowness = slowness;
      open(world, spawn(world, 'one').process.env, '/one/log');
      return world.now;
    };
    expect(time(1000)).toBeGreaterThan(100 * time(1));
  });

  it('loses at a power cut what was not strict, in the order in which it happened', () => {
    const kept = new Set<number>();
    for (let seed = 1; seed <= 50; seed++) {
      const world = new SimWorld({ seed, powerLoss: true });
      const { env } = spawn(world, 'one').process;
      const file = open(world, env, '/one/log');
      for (const [at, durability] of (
        ['relaxed', 'strict', 'relaxed', 'relaxed'] as const
      ).entries()) {
        file.append(bytes(`${at}`), durability, () => undefined);
        world.settle();
      }
      env.disk.rename('/one/log', '/one/renamed', () => undefined);
      world.settle();
      world.powerCut();
      const path = ['/one/renamed', '/one/log'].find((name) => world.files.exists(name)) ?? '';
      const text = new TextDecoder().decode(world.files.readFile(path));
      expect('0123'.startsWith(text) && text.length >= 2, `seed ${seed}: ${text}`).toBe(true);
      if (path === '/one/renamed') expect(text, `seed ${seed}`).toBe('0123');
      kept.add(text.length + (path === '/one/renamed' ? 1 : 0));
    }
    expect([...kept].sort()).toEqual([2, 3, 4, 5]);
  });

  it('holds back what meets a cut link, and lets it arrive in order when that is healed', () => {
    const world = new SimWorld({ seed: 9 });
    const [one, two] = [spawn(world, 'one'), spawn(world, 'two')];
    const { near, far, nearHeard, farHeard } = wire(world, one.process.env, two.process.env);
    near.send(bytes('a'));
    world.settle();
    world.network.cut('one', 'two', 'one-way');
    near.send(bytes('b'));
    far.send(bytes('x'));
    near.send(bytes('c'));
    world.settle();
    expect([farHeard.join(''), nearHeard.join('')], 'half open').toEqual(['a', 'x']);
    near.close();
    world.runFor(10);
    expect(farHeard.join('')).toBe('a');
    world.network.heal();
    world.settle();
    expect(farHeard.join('')).toBe('abcclosed ');
  });

  it('keeps the order of what was on a slow link when that is cut, and of what is sent meanwhile', () => {
    const world = new SimWorld({ seed: 9 });
    const [one, two] = [spawn(world, 'one'), spawn(world, 'two')];
    const { near, farHeard } = wire(world, one.process.env, two.process.env);
    world.network.delay('one', 'two', 1);
    near.send(bytes('a'));
    world.runFor(0.5);
    world.network.cut('one', 'two');
    near.send(bytes('b'));
    world.runFor(2);
    world.network.heal();
    near.send(bytes('c'));
    world.settle();
    expect(farHeard.join('')).toBe('abc');
  });

  it('hides a death behind a cut link', () => {
    const world = new SimWorld({ seed: 9 });
    const [one, two] = [spawn(world, 'one'), spawn(world, 'two')];
    const { nearHeard } = wire(world, one.process.env, two.process.env);
    world.network.cut('one', 'two');
    world.kill(two.pid);
    world.runFor(100);
    expect(nearHeard).toEqual([]);
    world.network.healLink('two', 'one');
    world.settle();
    expect(nearHeard.join()).toMatch(/^closed/);
  });

  it('lets connects wait for a cut link, and give up', () => {
    const world = new SimWorld({ seed: 9 });
    const [one, two] = [spawn(world, 'one'), spawn(world, 'two')];
    wire(world, one.process.env, two.process.env);
    world.network.cut('one', 'two');
    const outcomes: string[] = [];
    const connect = (): void =>
      one.process.env.network.connect('localhost', 3301, (result) =>
        outcomes.push(result.ok ? 'connected' : result.error.code),
      );
    connect();
    world.expectUntil('a timeout', () => outcomes.length === 1, 200);
    connect();
    world.runFor(5);
    world.network.heal();
    world.settle();
    expect(outcomes).toEqual(['ETIMEDOUT', 'connected']);
  });

  it('delays and drops a link', () => {
    const world = new SimWorld({ seed: 9 });
    const [one, two] = [spawn(world, 'one'), spawn(world, 'two')];
    const { near, nearHeard, farHeard } = wire(world, one.process.env, two.process.env);
    world.network.delay('one', 'two', 2);
    near.send(bytes('late'));
    world.runFor(1.9);
    expect(farHeard).toEqual([]);
    world.runFor(0.2);
    expect(farHeard.join('')).toBe('late');
    world.network.drop('one', 'two');
    world.settle();
    expect([nearHeard, farHeard.slice(-1)]).toEqual([['closed ECONNRESET'], ['closed ECONNRESET']]);
  });

  it('stops a paused process: its events wait, its peers fill their window', () => {
    const world = new SimWorld({ seed: 9 });
    const [one, two] = [spawn(world, 'one'), spawn(world, 'two')];
    const { near, farHeard } = wire(world, one.process.env, two.process.env);
    world.pause(two.pid);
    const { turns } = two.process;
    for (let at = 0; at < 4; at++) near.send(new Uint8Array(1024 * 1024).fill(65));
    world.settle();
    expect(two.process.turns).toBe(turns);
    expect(near.send(bytes(''))).toBe(4 * 1024 * 1024);
    world.resume(two.pid);
    world.settle();
    expect(farHeard.join('').length).toBe(4 * 1024 * 1024);
  });

  it('frees locks and ports of the dead and of those who exit', () => {
    const world = new SimWorld({ seed: 9 });
    for (const end of ['kill', 'exit'] as const) {
      const one = spawn(world, 'one');
      const outcomes: string[] = [];
      one.process.env.disk.lock('/one', (result) => outcomes.push(result.ok ? 'locked' : 'held'));
      one.process.env.network.listen(
        '',
        3301,
        () => undefined,
        (result) => outcomes.push(result.ok ? 'listening' : result.error.code),
      );
      world.settle();
      expect(outcomes.sort()).toEqual(['listening', 'locked']);
      if (end === 'kill') world.kill(one.pid);
      else one.process.host.exit(3);
      expect([one.status.state, one.status.exitCode]).toEqual(
        end === 'kill' ? ['killed', undefined] : ['exited', 3],
      );
    }
  });
});
