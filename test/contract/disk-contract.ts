/** The disk port's promises (`src/bee/env/disk.ts`), each as a case that runs on every host. */
import type {
  DirectoryEntry,
  DirectoryLock,
  Disk,
  DiskErrorCode,
  Done,
  Durability,
  FileStat,
  OpenFile,
  OpenMode,
} from '../../src/bee/env/index.ts';
import {
  type Bench,
  type ContractCase,
  check,
  concat,
  equal,
  outcome,
  pattern,
  sameBytes,
} from './host.ts';

/** The port with waiting, for tests that read as a list of steps. Each call throws its error's code. */
export class DiskDriver {
  readonly #bench: Bench;
  readonly disk: Disk;

  constructor(bench: Bench, disk: Disk) {
    this.#bench = bench;
    this.disk = disk;
  }

  async call<T>(what: string, start: (done: Done<T>) => void): Promise<T> {
    const result = await outcome(this.#bench, start, what);
    if (!result.ok) throw new Error(result.error.code);
    return result.value;
  }

  open(path: string, mode: OpenMode): Promise<OpenFile> {
    return this.call(`open ${path}`, (done) => this.disk.open(path, mode, done));
  }
  list(path: string): Promise<readonly DirectoryEntry[]> {
    return this.call(`list ${path}`, (done) => this.disk.list(path, done));
  }
  stat(path: string): Promise<FileStat> {
    return this.call(`stat ${path}`, (done) => this.disk.stat(path, done));
  }
  rename(from: string, to: string): Promise<void> {
    return this.call(`rename ${from}`, (done) => this.disk.rename(from, to, done));
  }
  unlink(path: string): Promise<void> {
    return this.call(`unlink ${path}`, (done) => this.disk.unlink(path, done));
  }
  mkdir(path: string): Promise<void> {
    return this.call(`mkdir ${path}`, (done) => this.disk.mkdir(path, done));
  }
  rmdir(path: string): Promise<void> {
    return this.call(`rmdir ${path}`, (done) => this.disk.rmdir(path, done));
  }
  lock(path: string): Promise<DirectoryLock> {
    return this.call(`lock ${path}`, (done) => this.disk.lock(path, done));
  }
  append(file: OpenFile, bytes: Uint8Array, durability: Durability = 'relaxed'): Promise<void> {
    return this.call('append', (done) => file.append(bytes, durability, done));
  }
  read(file: OpenFile, offset: number, length: number): Promise<Uint8Array> {
    return this.call('read', (done) => file.read(offset, length, done));
  }
  truncate(file: OpenFile, size: number): Promise<void> {
    return this.call('truncate', (done) => file.truncate(size, done));
  }
  close(file: OpenFile): Promise<void> {
    return this.call('close', (done) => file.close(done));
  }
  async write(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.open(path, 'truncate');
    await this.append(file, bytes);
    await this.close(file);
  }
  async contents(path: string): Promise<Uint8Array> {
    const file = await this.open(path, 'read');
    const bytes = await this.read(file, 0, file.size);
    await this.close(file);
    return bytes;
  }
}

async function driver(bench: Bench): Promise<DiskDriver> {
  return new DiskDriver(bench, (await bench.process()).disk);
}

async function fails(code: DiskErrorCode, call: Promise<unknown>, what: string): Promise<void> {
  const found = await call.then(
    () => 'success',
    (error: Error) => error.message,
  );
  equal(found, code, what);
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export const diskContract: readonly ContractCase[] = [
  {
    name: 'open says why it cannot',
    async run(bench) {
      const disk = await driver(bench);
      await disk.mkdir('/d');
      await disk.write('/f', bytesOf('x'));
      await fails('ENOENT', disk.open('/nothing', 'read'), 'read of nothing');
      await fails('ENOENT', disk.open('/nothing/f', 'append'), 'append below nothing');
      await fails('EISDIR', disk.open('/d', 'read'), 'read of a directory');
      await fails('EISDIR', disk.open('/d', 'append'), 'append to a directory');
      await fails('ENOTDIR', disk.open('/f/g', 'append'), 'append below a file');
      await fails('EEXIST', disk.open('/f', 'create'), 'create what is there');
      equal(textOf(await disk.contents('/f')), 'x', 'a refused create left the file alone');
    },
  },
  {
    name: 'what was appended is read, whole and in parts',
    async run(bench) {
      const disk = await driver(bench);
      const file = await disk.open('/f', 'create');
      equal(file.size, 0, 'size of a new file');
      await disk.append(file, bytesOf('hello '));
      await disk.append(file, bytesOf('world'), 'strict');
      await disk.append(file, new Uint8Array(0));
      equal(textOf(await disk.read(file, 0, 11)), 'hello world', 'whole');
      equal(textOf(await disk.read(file, 4, 4)), 'o wo', 'across two appends');
      equal(textOf(await disk.read(file, 8, 100)), 'rld', 'short at the end');
      equal((await disk.read(file, 11, 10)).length, 0, 'at the end');
      equal((await disk.read(file, 500, 10)).length, 0, 'beyond the end');
      equal((await disk.stat('/f')).size, 11, 'stat of an open file');
      await disk.close(file);
      equal((await disk.stat('/f')).size, 11, 'stat of a closed file');
      equal((await disk.open('/f', 'read')).size, 11, 'size at open');
    },
  },
  {
    name: 'open modes append, truncate and create',
    async run(bench) {
      const disk = await driver(bench);
      await disk.write('/f', bytesOf('one'));
      const file = await disk.open('/f', 'append');
      equal(file.size, 3, 'size at open');
      await disk.append(file, bytesOf('two'));
      await disk.close(file);
      equal(textOf(await disk.contents('/f')), 'onetwo', 'appended');
      const emptied = await disk.open('/f', 'truncate');
      equal(emptied.size, 0, 'size of what was emptied');
      await disk.close(emptied);
      equal((await disk.stat('/f')).size, 0, 'emptied');
    },
  },
  {
    name: 'calls on one file complete in the order in which they were made',
    async run(bench) {
      const disk = await driver(bench);
      const file = await disk.open('/f', 'create');
      const order: number[] = [];
      const reads: Uint8Array[] = [];
      for (let at = 0; at < 60; at++) {
        if (at % 3 === 2) {
          file.read(0, 1000, (result) => {
            order.push(at);
            if (result.ok) reads.push(result.value);
          });
        } else {
          file.append(pattern(7, at), at % 2 === 0 ? 'relaxed' : 'strict', () => order.push(at));
        }
      }
      equal(order.length, 0, 'nothing is answered during the call');
      await bench.until(() => order.length === 60, '60 calls');
      equal(order, [...order.keys()], 'order');
      const sizes = reads.map((bytes) => bytes.length);
      equal(
        sizes,
        [...reads.keys()].map((at) => 14 * (at + 1)),
        'a read sees what came before it',
      );
    },
  },
  {
    name: 'truncate cuts, and what follows goes on at the cut',
    async run(bench) {
      const disk = await driver(bench);
      const file = await disk.open('/f', 'create');
      for (let at = 0; at < 10; at++) await disk.append(file, pattern(10, at));
      await fails('EINVAL', disk.truncate(file, 101), 'growing by truncate');
      await disk.truncate(file, 35);
      equal((await disk.stat('/f')).size, 35, 'size after the cut');
      await disk.append(file, bytesOf('tail'));
      const whole = concat([0, 1, 2, 3].map((at) => pattern(10, at))).subarray(0, 35);
      sameBytes(await disk.read(file, 0, 1000), concat([whole, bytesOf('tail')]));
      await disk.truncate(file, 0);
      await disk.append(file, bytesOf('new'));
      await disk.close(file);
      equal(textOf(await disk.contents('/f')), 'new', 'after cutting all');
    },
  },
  {
    name: 'a directory lists its entries in byte order, with kind, size and time',
    async run(bench) {
      const disk = await driver(bench);
      await disk.mkdir('/d');
      // U+FF5E sorts before U+10437 by bytes, and after it by UTF-16 units.
      for (const name of ['b', 'a', 'B', 'a.b', 'é', '～', '𐐷']) {
        await disk.write(`/d/${name}`, pattern(name.length));
      }
      await disk.mkdir('/d/aa');
      const entries = await disk.list('/d');
      equal(
        entries.map((entry) => entry.name),
        ['B', 'a', 'a.b', 'aa', 'b', 'é', '～', '𐐷'],
        'names',
      );
      equal(entries[2]?.size, 3, 'size of a file');
      equal(entries[3]?.kind, 'directory', 'kind of a directory');
      equal(entries[3]?.size, 4096, 'size of a directory');
      equal(entries[0]?.kind, 'file', 'kind of a file');
      const times = entries.map((entry) => entry.modifiedAt);
      check(Math.max(...times) - Math.min(...times) < 60, 'times are near to each other');
      check(Math.min(...times) > 1_700_000_000, 'times are seconds since 1970');
      await fails('ENOENT', disk.list('/nothing'), 'list of nothing');
      await fails('ENOTDIR', disk.list('/d/a'), 'list of a file');
      await fails('ENOENT', disk.stat('/d/none'), 'stat of nothing');
      await fails('ENOTDIR', disk.stat('/d/a/b'), 'stat below a file');
      equal((await disk.stat('/')).kind, 'directory', 'the root');
    },
  },
  {
    name: 'rename moves files and directories and replaces atomically',
    async run(bench) {
      const disk = await driver(bench);
      await disk.write('/a', bytesOf('new'));
      await disk.write('/b', bytesOf('old'));
      const old = await disk.open('/b', 'append');
      await disk.rename('/a', '/b');
      equal(textOf(await disk.contents('/b')), 'new', 'replaced');
      await fails('ENOENT', disk.stat('/a'), 'the old name');
      await disk.append(old, bytesOf('er'));
      equal(textOf(await disk.read(old, 0, 10)), 'older', 'the replaced file goes on');
      equal(textOf(await disk.contents('/b')), 'new', 'and is another one');
      await disk.mkdir('/d');
      await disk.mkdir('/d/e');
      await disk.write('/d/e/f', bytesOf('deep'));
      await disk.rename('/d', '/moved');
      equal(textOf(await disk.contents('/moved/e/f')), 'deep', 'a tree moves with its directory');
      await fails('ENOENT', disk.rename('/nothing', '/x'), 'rename of nothing');
      await fails('ENOENT', disk.rename('/b', '/nothing/x'), 'rename below nothing');
      await fails('EISDIR', disk.rename('/b', '/moved'), 'a file over a directory');
      await fails('ENOTDIR', disk.rename('/moved', '/b'), 'a directory over a file');
      await fails('EINVAL', disk.rename('/moved', '/moved/e/x'), 'into itself');
      await disk.mkdir('/other');
      await fails('ENOTEMPTY', disk.rename('/other', '/moved'), 'over a full directory');
      await disk.rename('/b', '/b');
      equal(textOf(await disk.contents('/b')), 'new', 'onto itself');
    },
  },
  {
    name: 'an open file outlives its name',
    async run(bench) {
      const one = await driver(bench);
      const other = await driver(bench);
      await one.write('/f', bytesOf('before'));
      const file = await one.open('/f', 'append');
      await other.unlink('/f');
      await fails('ENOENT', one.open('/f', 'read'), 'the name is gone');
      await one.append(file, bytesOf(' and after'));
      equal(textOf(await one.read(file, 0, 100)), 'before and after', 'the file is not');
      await other.write('/f', bytesOf('another'));
      await one.append(file, bytesOf('!'));
      await one.close(file);
      equal(textOf(await other.contents('/f')), 'another', 'a new file of that name');
    },
  },
  {
    name: 'a renamed file stays open under its new name',
    async run(bench) {
      const disk = await driver(bench);
      const file = await disk.open('/x.snap.inprogress', 'create');
      await disk.append(file, bytesOf('rows'));
      await disk.rename('/x.snap.inprogress', '/x.snap');
      await disk.append(file, bytesOf(' end'));
      equal(textOf(await disk.contents('/x.snap')), 'rows end', 'contents');
      await disk.close(file);
      equal((await disk.stat('/x.snap')).size, 8, 'size');
    },
  },
  {
    name: 'directories are made and removed one at a time',
    async run(bench) {
      const disk = await driver(bench);
      await disk.mkdir('/d');
      await fails('EEXIST', disk.mkdir('/d'), 'mkdir of what is there');
      await fails('EEXIST', disk.mkdir('/'), 'mkdir of the root');
      await fails('ENOENT', disk.mkdir('/x/y'), 'mkdir below nothing');
      await disk.write('/d/f', bytesOf('x'));
      await fails('EEXIST', disk.mkdir('/d/f'), 'mkdir over a file');
      await fails('ENOTDIR', disk.mkdir('/d/f/g'), 'mkdir below a file');
      await fails('ENOTEMPTY', disk.rmdir('/d'), 'rmdir of a full one');
      await fails('ENOTDIR', disk.rmdir('/d/f'), 'rmdir of a file');
      await fails('EISDIR', disk.unlink('/d'), 'unlink of a directory');
      await fails('ENOENT', disk.unlink('/d/none'), 'unlink of nothing');
      await disk.unlink('/d/f');
      await disk.rmdir('/d');
      await fails('ENOENT', disk.rmdir('/d'), 'rmdir of nothing');
      equal((await disk.list('/')).length, 0, 'the root is empty again');
    },
  },
  {
    name: 'calls that name paths complete in the order in which they were made',
    async run(bench) {
      const { disk } = await driver(bench);
      const log: string[] = [];
      const note =
        (what: string): Done<unknown> =>
        (result) =>
          log.push(`${what} ${result.ok ? 'ok' : result.error.code}`);
      disk.mkdir('/d', note('mkdir'));
      disk.open('/d/f', 'create', note('open'));
      disk.rename('/d/f', '/d/g', note('rename'));
      disk.stat('/d/g', note('stat'));
      disk.stat('/d/f', note('stat'));
      disk.unlink('/d/g', note('unlink'));
      disk.list('/d', note('list'));
      disk.rmdir('/d', note('rmdir'));
      disk.stat('/d', note('stat'));
      await bench.until(() => log.length === 9, 'nine calls');
      equal(
        log,
        [
          'mkdir ok',
          'open ok',
          'rename ok',
          'stat ok',
          'stat ENOENT',
          'unlink ok',
          'list ok',
          'rmdir ok',
          'stat ENOENT',
        ],
        'order and outcome',
      );
    },
  },
  {
    name: 'what one process was told is written, another reads',
    async run(bench) {
      const writer = await driver(bench);
      const reader = await driver(bench);
      const file = await writer.open('/f', 'create');
      const follower = await reader.open('/f', 'read');
      for (let at = 1; at <= 40; at++) {
        await writer.append(file, pattern(100, at));
        sameBytes(await reader.read(follower, (at - 1) * 100, 1000), pattern(100, at));
      }
      equal((await reader.stat('/f')).size, 4000, 'size');
    },
  },
  {
    name: 'two open files append to one file and nothing is lost',
    async run(bench) {
      const one = await driver(bench);
      const other = await driver(bench);
      const first = await one.open('/f', 'append');
      const second = await other.open('/f', 'append');
      const told: string[] = [];
      const note: Done<void> = (result) => told.push(result.ok ? 'ok' : result.error.message);
      for (let at = 0; at < 50; at++) {
        first.append(bytesOf(`a${String(at).padStart(3, '0')}`), 'relaxed', note);
        second.append(bytesOf(`b${String(at).padStart(3, '0')}`), 'relaxed', note);
      }
      await bench.until(() => told.length === 100, '100 appends');
      equal([...new Set(told)], ['ok'], 'outcomes');
      const words = textOf(await one.contents('/f')).match(/.{4}/g) ?? [];
      for (const letter of ['a', 'b']) {
        const own = words.filter((word) => word.startsWith(letter));
        equal(
          own.map((word) => Number(word.slice(1))),
          [...Array(50).keys()],
          `words of ${letter}`,
        );
      }
    },
  },
  {
    name: "the buffer of an append is the caller's again once it was reported",
    async run(bench) {
      const disk = await driver(bench);
      const file = await disk.open('/f', 'create');
      const buffer = pattern(1000);
      await disk.append(file, buffer.subarray(100, 200));
      buffer.fill(0);
      await disk.append(file, buffer.subarray(0, 5));
      sameBytes(
        await disk.read(file, 0, 200),
        concat([pattern(1000).subarray(100, 200), new Uint8Array(5)]),
      );
      const read = await disk.read(file, 0, 10);
      read.fill(255);
      sameBytes(await disk.read(file, 0, 10), pattern(1000).subarray(100, 110), 'a read is a copy');
    },
  },
  {
    name: 'ten thousand tiny appends and a few huge ones read back exactly',
    async run(bench) {
      const disk = await driver(bench);
      const file = await disk.open('/f', 'create');
      const parts: Uint8Array[] = [];
      let told = 0;
      for (let at = 0; at < 10_000; at++) {
        const part = pattern(1 + (at % 37), at);
        parts.push(part);
        file.append(part, 'relaxed', (result) => (result.ok ? told++ : undefined));
        // Some alone and some in heaps, as a busy server has it.
        if (at % 1000 < 100) await bench.until(() => told === at + 1, 'an append');
      }
      for (const size of [1_000_000, 3_000_000, 17]) {
        const part = pattern(size, size);
        parts.push(part);
        file.append(part, 'relaxed', (result) => (result.ok ? told++ : undefined));
      }
      await bench.until(() => told === 10_003, 'all appends');
      const whole = concat(parts);
      sameBytes(await disk.read(file, 0, whole.length), whole, 'in one read');
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < whole.length; at += 65_537)
        pieces.push(await disk.read(file, at, 65_537));
      sameBytes(concat(pieces), whole, 'piece by piece');
      await disk.close(file);
      sameBytes(await disk.contents('/f'), whole, 'after closing');
    },
  },
  {
    name: 'a directory lock is exclusive and can be given back',
    async run(bench) {
      const one = await driver(bench);
      const other = await driver(bench);
      await one.mkdir('/d');
      await one.write('/f', bytesOf('x'));
      await fails('ENOENT', one.lock('/nothing'), 'nothing');
      await fails('ENOTDIR', one.lock('/f'), 'a file');
      const lock = await one.lock('/d');
      const again = () => other.lock('/d');
      await fails('EWOULDBLOCK', again(), 'held by the first');
      await other.list('/d');
      lock.release();
      // The other side of a host may hear of it a moment later.
      let isFree = false;
      for (let tries = 0; tries < 100 && !isFree; tries++) {
        isFree = await again().then(
          () => true,
          () => false,
        );
      }
      check(isFree, 'free after release');
    },
  },
  {
    name: 'a killed process gives its lock back, and its reported appends are there',
    async run(bench) {
      const setup = await driver(bench);
      await setup.mkdir('/d');
      for (let round = 0; round < 8; round++) {
        const victim = await bench.process();
        const disk = new DiskDriver(bench, victim.disk);
        const path = `/d/${round}`;
        await disk.lock('/d');
        const file = await disk.open(path, 'create');
        const parts: Uint8Array[] = [];
        let told = 0;
        for (let at = 0; at < 40; at++) {
          const part = pattern(50 + at * round * 20, at);
          parts.push(part);
          file.append(part, 'relaxed', (result) => (result.ok ? told++ : undefined));
        }
        await bench.until(() => told > round * 3, 'some appends');
        await victim.kill();
        const reported = concat(parts.slice(0, told)).length;
        const heir = await driver(bench);
        let isLocked = false;
        for (let tries = 0; tries < 1000 && !isLocked; tries++) {
          const lock = await heir.lock('/d').catch(() => undefined);
          isLocked = lock !== undefined;
          if (lock === undefined) continue;
          const found = await heir.contents(path);
          check(
            found.length >= reported,
            `${found.length} of ${reported} reported bytes are there`,
          );
          sameBytes(found, concat(parts).subarray(0, found.length), 'a prefix of what was sent');
          const more = await heir.open(path, 'append');
          await heir.append(more, bytesOf('heir'));
          await heir.close(more);
          sameBytes(
            await heir.contents(path),
            concat([found, bytesOf('heir')]),
            'the heir goes on',
          );
          lock.release();
        }
        check(isLocked, 'the lock went with the process');
      }
    },
  },
];
