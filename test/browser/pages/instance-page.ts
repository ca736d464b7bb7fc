/** The page of `instance.test.ts`: what the test in Node calls by name. */
import { BrowserSession } from '../../../src/browser/session.ts';
import { InstanceClient } from '../../../src/worker/instance-client.ts';
import type { FromInstance } from '../../../src/worker/messages.ts';
import { patienceMs } from '../../support/patience.ts';

let nextPid = 2001;

/** A running stub and all that it said. */
class Stub {
  readonly messages: FromInstance[] = [];
  crash: string | undefined;
  readonly client: InstanceClient;

  constructor(sessionId: string) {
    const worker = new Worker(new URL('./stub-instance-worker.ts', import.meta.url), {
      type: 'module',
    });
    const options = {
      sessionId,
      pid: nextPid++,
      cwd: '/',
      home: '/',
      hostname: 'localhost',
      args: [],
      environment: {},
    };
    this.client = new InstanceClient(worker, options, {
      onMessage: (message) => this.messages.push(message),
      onCrash: (reason) => {
        this.crash = reason;
      },
    });
  }

  get output(): string {
    return this.messages.map((message) => (message.kind === 'output' ? message.text : '')).join('');
  }

  /** How many appends it reported. */
  get written(): number {
    return Number(/(\d+)\n$/.exec(this.output.replace(/begins.*\n/, ''))?.[1] ?? 0);
  }

  get kinds(): string[] {
    return this.messages.map((message) => message.kind).filter((kind) => kind !== 'status');
  }
}

/** Waits for a condition, one turn of the event loop at a time. */
async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what}: not in time`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const newSession = (): string => `instance-${crypto.randomUUID()}`;

const scenes = {
  async talks() {
    const stub = new Stub(newSession());
    stub.client.line('echo hello');
    await until(() => stub.kinds.length === 4, 'four messages');
    const probed = await stub.client.probe('1 + 1');
    const completed = await stub.client.complete('db.sp', 5);
    stub.client.end();
    await until(() => stub.kinds.includes('exit'), 'exit');
    const late = await stub.client.probe('late');
    return {
      messages: stub.messages.filter((one) => one.kind !== 'status'),
      probed,
      completed,
      late,
    };
  },

  async interrupts() {
    const stub = new Stub(newSession());
    stub.client.line('spin');
    stub.client.probe('x');
    stub.client.interrupt();
    await until(() => stub.output.includes('interrupted'), 'the busy loop stops');
    stub.client.kill();
    return stub.output;
  },

  /** The page is busy: the server must not go on printing into its memory. */
  async floods() {
    const stub = new Stub(newSession());
    await until(() => stub.kinds.includes('prompt'), 'a prompt');
    stub.client.line('print');
    const end = performance.now() + 1000;
    let turns = 0;
    while (performance.now() < end) turns++;
    const before = stub.output.length;
    // Everything that came while the page was busy arrives in the next few turns, in one go.
    await until(() => stub.output.length > before, 'output');
    const burst = stub.output.length - before;
    stub.client.interrupt();
    await until(() => stub.output.includes('interrupted'), 'interrupt');
    stub.client.kill();
    return { burst, turns };
  },

  async crashes(how: 'throw' | 'reject' | 'close') {
    const stub = new Stub(newSession());
    const probe = stub.client.probe('before');
    stub.client.line(how);
    await until(() => stub.crash !== undefined, 'the crash is noticed');
    return { crash: stub.crash, before: await probe, after: await stub.client.probe('after') };
  },

  async cannotLoad() {
    let crash = '';
    const options = {
      sessionId: newSession(),
      pid: 1,
      cwd: '/',
      home: '/',
      hostname: '',
      args: [],
    };
    const worker = new Worker('/nothing-here.js', { type: 'module' });
    new InstanceClient(
      worker,
      { ...options, environment: {} },
      {
        onMessage: () => undefined,
        onCrash: (reason) => {
          crash = reason;
        },
      },
    );
    await until(() => crash !== '', 'the missing worker is noticed');
    return crash;
  },

  async pauses() {
    const stub = new Stub(newSession());
    await until(() => stub.kinds.includes('prompt'), 'a prompt');
    stub.client.pause(true);
    stub.client.line('echo hello');
    const other = new Stub(newSession());
    other.client.line('echo hello');
    await until(() => other.output.includes('done'), 'another server goes on');
    const during = stub.output;
    stub.client.pause(false);
    await until(() => stub.output.includes('done'), 'it goes on');
    stub.client.kill();
    other.client.kill();
    return during;
  },

  /** Kills a writing worker at a moment drawn from the seed; what was reported must be there, and nothing torn. */
  async killsWriter(seed: number) {
    const session = new BrowserSession(newSession());
    if ((await session.open()) !== 'open') throw new Error('the session is new');
    const stub = new Stub(session.id);
    stub.client.line('write /file');
    const killAfter = 1 + ((seed * 7) % 23);
    await until(() => stub.written >= killAfter, 'some appends');
    // The heir waits for the lock already, so that it goes on as soon as a browser can let it.
    const heir = new Stub(session.id);
    await until(() => heir.kinds.includes('prompt'), 'the heir is there');
    heir.client.line('write /file');
    await until(() => stub.written >= killAfter + 5, 'more appends');
    // Somewhere between two reports: the seed burns a little time.
    const end = performance.now() + ((seed * 37) % 100) / 100;
    let spins = 0;
    while (performance.now() < end) spins++;
    stub.client.kill();
    await until(() => heir.written > 2, 'the heir writes');
    const begins = Number(/begins at (\d+)/.exec(heir.output)?.[1]);
    const [count, heirs] = [stub.written, heir.written];
    const file = await session.files.readFile('/file');
    heir.client.kill();
    await session.destroy();
    if (!file.ok) throw new Error('the file is gone');
    const { whole, torn } = readRecords(file.value.subarray(0, begins));
    const own = readRecords(file.value.subarray(begins));
    return { spins, count, whole, torn, heirs, heirsWhole: own.whole };
  },

  async session() {
    const id = newSession();
    const one = new BrowserSession(id);
    const first = await one.open();
    const other = new BrowserSession(id);
    const second = await other.open();
    let isTaken = false;
    one.onTakenOver = () => {
      isTaken = true;
    };
    await other.takeOver();
    await other.files.mkdir('/a/b/c', { parents: true });
    await other.files.writeFile('/a/b/c/f', new Uint8Array([1, 2, 3]));
    await other.files.appendFile('/a/b/c/f', new Uint8Array([4]));
    await other.files.copy('/a/b/c/f', '/a/g');
    await other.files.damage('/a/g', 1);
    await other.files.touch('/a/new');
    const read = await other.files.readFile('/a/g');
    const there = await other.files.readdir('/a');
    const seen = await one.files.readFile('/a/b/c/f');
    const full = await other.files.rmdir('/a');
    const gone = await other.files.remove('/a');
    const left = await other.files.readdir('/');
    await one.close();
    await other.destroy();
    const after = await other.files.readdir('/');
    return {
      first,
      second,
      isTaken,
      read: read.ok && [...read.value],
      seen: seen.ok && [...seen.value],
      there: there.ok && there.value.map((entry) => [entry.name, entry.size]),
      full: !full.ok && full.error.code,
      gone: gone.ok,
      left: left.ok && left.value.length,
      after: !after.ok && after.error.code,
    };
  },
};

/** How many whole records stand at the beginning, and what follows them. */
function readRecords(bytes: Uint8Array): { whole: number; torn: number } {
  let at = 0;
  for (let record = 0; ; record++) {
    const size = 1 + ((record * 7919) % 5000);
    if (at + size > bytes.length) return { whole: record, torn: bytes.length - at };
    if (bytes.subarray(at, at + size).some((byte) => byte !== (record & 0xff))) {
      throw new Error(`record ${record} is damaged`);
    }
    at += size;
  }
}

export type Scenes = typeof scenes;

Object.assign(globalThis, { scenes });
