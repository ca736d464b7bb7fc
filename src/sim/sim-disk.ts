/**
 * A process's view of the simulated disk: the port's shape, with delays and faults, over the world's one file system.
 *
 * The fault model. Each fault can be switched on by itself; all but the first are off by default.
 *  1. A crash loses what was not reported. Of the calls in flight on one file (and of those that name paths) a seeded
 *     number took place in full, the next one, if it is an append, may be torn (a prefix of its bytes is there), and
 *     nothing after it happened. A log must live with each of these, and must not count on more.
 *  2. `appendFailure`: an append fails with EIO and leaves nothing. A browser does this when storage is taken away.
 *  3. `capacityBytes`: the disk is full: ENOSPC, again leaving nothing, until room is made.
 *  4. `nameFailure`: open, rename, unlink, mkdir and the like fail with EIO.
 *  5. `slowness`, `stallChance`: every call takes that many times longer; now and then one takes a second. Timeouts
 *     and heartbeats must not mistake a slow disk for a dead peer.
 *  6. `FileNode.flip`: a byte of a file at rest is damaged. Recovery must name the file and the place, or cut a torn tail.
 *  7. A fault is every disk's (`SimWorld.diskFaults`) or one server's (`diskFaultsOf`); only the room is shared, as it is in a browser.
 *  8. `SimWorld.powerCut`: the machine loses power. What happened after the last strict append is lost from some moment on,
 *     names and bytes alike: the browser keeps all of it in one database with one log.
 * Not in the model, because no host does it: reported bytes that vanish while the machine stays up, appends of one
 * file that land out of order.
 */
import { ok, type Result } from '../bee/base/result.ts';
import type {
  DirectoryEntry,
  DirectoryLock,
  Disk,
  DiskError,
  Done,
  Durability,
  FileStat,
  OpenFile,
  OpenMode,
} from '../bee/env/index.ts';
import { diskFailure } from '../bee/env/posix.ts';
import type { Micros } from './event-queue.ts';
import type { SeededRandom } from './random.ts';
import type { FileNode, SimFileSystem } from './sim-file-system.ts';
import type { SimProcess } from './sim-process.ts';
import type { Timeline } from './timeline.ts';

export interface DiskFaults {
  /** Probability that one append fails with EIO. */
  appendFailure: number;
  /** Probability that one call that names a path fails with EIO. */
  nameFailure: number;
  /** Bytes that all files together may hold. */
  capacityBytes: number;
  /** How many times longer every call takes. */
  slowness: number;
  /** Probability that a call takes a second more. */
  stallChance: number;
}

export const noDiskFaults: DiskFaults = {
  appendFailure: 0,
  nameFailure: 0,
  capacityBytes: Number.POSITIVE_INFINITY,
  slowness: 1,
  stallChance: 0,
};

/** Faults of one server's disk, on top of those of every disk. */
export type OwnDiskFaults = Omit<DiskFaults, 'capacityBytes'>;

export const noOwnDiskFaults: OwnDiskFaults = {
  appendFailure: 0,
  nameFailure: 0,
  slowness: 1,
  stallChance: 0,
};

/** What the disks of one world share. */
export interface DiskWorld {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly files: SimFileSystem;
  readonly faults: DiskFaults;
  /** By the name of a process. */
  readonly ownFaults: Map<string, OwnDiskFaults>;
  /** Who holds which directory. A lock of a dead process does not count. */
  readonly locks: Map<string, SimProcess>;
  /** Makes a line only when somebody reads it. */
  readonly trace: (text: () => string) => void;
}

type Outcome<T> = Result<T, DiskError>;

/** A call that was made and has not happened yet. */
interface InFlight {
  isSettled: boolean;
  /** Makes it happen, without telling anybody. */
  apply(): void;
  /** Makes a part of it happen; absent where there is no part. */
  readonly tear: (() => void) | undefined;
}

/** Calls that happen one after the other: those on one open file, and those that name paths. */
interface Lane {
  busyUntil: Micros;
  reportedAt: Micros;
  readonly inFlight: InFlight[];
}

export class SimDisk implements Disk {
  readonly #world: DiskWorld;
  readonly #process: SimProcess;
  readonly #names: Lane = newLane();
  readonly #openFiles = new Set<SimOpenFile>();

  constructor(world: DiskWorld, process: SimProcess) {
    this.#world = world;
    this.#process = process;
  }

  open(path: string, mode: OpenMode, done: Done<OpenFile>): void {
    this.#name(['open', path, mode], path, done, () => {
      const file = this.#world.files.open(path, mode);
      if (!file.ok) return file;
      const open = new SimOpenFile(this, path, file.value, () => this.#openFiles.delete(open));
      this.#openFiles.add(open);
      return ok(open);
    });
  }

  list(path: string, done: Done<readonly DirectoryEntry[]>): void {
    this.#name(['list', path], path, done, () => this.#world.files.list(path));
  }

  stat(path: string, done: Done<FileStat>): void {
    this.#name(['stat', path], path, done, () => this.#world.files.stat(path));
  }

  rename(from: string, to: string, done: Done<void>): void {
    this.#name(['rename', from, to], from, done, () => this.#world.files.rename(from, to));
  }

  unlink(path: string, done: Done<void>): void {
    this.#name(['unlink', path], path, done, () => this.#world.files.unlink(path));
  }

  mkdir(path: string, done: Done<void>): void {
    this.#name(['mkdir', path], path, done, () => this.#world.files.mkdir(path));
  }

  rmdir(path: string, done: Done<void>): void {
    this.#name(['rmdir', path], path, done, () => this.#world.files.rmdir(path));
  }

  lock(path: string, done: Done<DirectoryLock>): void {
    const { files, locks } = this.#world;
    this.#name(['lock', path], path, done, () => {
      const node = files.lookup(path);
      if (!node.ok) return node;
      if (node.value.kind === 'file') return diskFailure('ENOTDIR', path);
      if (locks.get(path)?.isAlive) return diskFailure('EWOULDBLOCK', path);
      const holder = this.#process;
      locks.set(path, holder);
      return ok({
        release: () => {
          if (locks.get(path) === holder) locks.delete(path);
        },
      });
    });
  }

  /** The process was killed: what is in flight is settled by the seed. See the fault model. */
  crash(): void {
    for (const lane of [this.#names, ...[...this.#openFiles].map((file) => file.lane)]) {
      this.#settle(lane);
    }
    for (const file of this.#openFiles) file.node.openCount--;
    this.#openFiles.clear();
  }

  /** Draws whether a fault of every disk, or of this one, happens now. */
  #happens(fault: 'appendFailure' | 'nameFailure' | 'stallChance'): boolean {
    const { faults, ownFaults, random } = this.#world;
    const own = ownFaults.get(this.#process.name) ?? noOwnDiskFaults;
    const everywhere = random.chance(faults[fault]);
    return random.chance(own[fault]) || everywhere;
  }

  #settle(lane: Lane): void {
    const { random } = this.#world;
    const happened = random.below(lane.inFlight.length + 1);
    for (const [at, call] of lane.inFlight.entries()) {
      if (at < happened) call.apply();
      else if (at === happened && random.chance(0.5)) call.tear?.();
      call.isSettled = true;
    }
    lane.inFlight.length = 0;
  }

  #name<T>(
    what: readonly (string | number)[],
    path: string,
    done: Done<T>,
    act: () => Outcome<T>,
  ): void {
    const fails = this.#happens('nameFailure');
    this.submit(this.#names, what, 0, done, () => (fails ? diskFailure('EIO', path) : act()));
  }

  /**
   * Puts a call into its lane. It happens after a seeded delay and is reported a little later, in the lane's order.
   * @param bytes how much it moves, for the delay
   */
  submit<T>(
    lane: Lane,
    what: readonly (string | number)[],
    bytes: number,
    done: Done<T>,
    act: () => Outcome<T>,
    tear?: () => void,
  ): void {
    const { timeline, random, trace } = this.#world;
    let outcome: Outcome<T> | undefined;
    const call: InFlight = { isSettled: false, tear, apply: () => (outcome = act()) };
    lane.inFlight.push(call);
    const start = Math.max(timeline.now, lane.busyUntil);
    lane.busyUntil = start + this.#delay(bytes);
    timeline.after(lane.busyUntil - timeline.now, () => {
      if (call.isSettled) return;
      call.isSettled = true;
      lane.inFlight.splice(lane.inFlight.indexOf(call), 1);
      call.apply();
      if (outcome === undefined) return;
      const result = outcome;
      trace(() => {
        const failure = result.ok ? '' : `: ${result.error.code}`;
        return `${this.#process.name} disk ${what.join(' ')}${failure}`;
      });
      // Between happening and being reported lies a moment in which a kill leaves a write that nobody heard of.
      lane.reportedAt = Math.max(lane.reportedAt, timeline.now + random.below(200));
      this.#process.deliver(lane.reportedAt - timeline.now, () => done(result));
    });
  }

  /** Microseconds: 0.2 to 1 ms, as a browser's transaction takes, and 5 ns a byte. */
  #delay(bytes: number): Micros {
    const { faults, ownFaults, random } = this.#world;
    const stall = this.#happens('stallChance') ? 1e6 : 0;
    const slowness = faults.slowness * (ownFaults.get(this.#process.name)?.slowness ?? 1);
    return Math.round((random.between(200, 1000) + bytes * 0.005) * slowness) + stall;
  }

  append(file: SimOpenFile, bytes: Uint8Array, durability: Durability, done: Done<void>): void {
    const { faults, random, files } = this.#world;
    const { node, path, lane } = file;
    const fails = this.#happens('appendFailure');
    const kept = random.below(bytes.length + 1);
    // Counting all files is slow, so only a disk with an end counts.
    const hasRoom = (size: number): boolean =>
      faults.capacityBytes === Number.POSITIVE_INFINITY ||
      files.totalBytes + size <= faults.capacityBytes;
    const act = (): Outcome<void> => {
      if (fails) return diskFailure('EIO', path);
      if (!hasRoom(bytes.length)) return diskFailure('ENOSPC', path);
      files.append(node, bytes);
      if (durability === 'strict') files.flush();
      return ok(undefined);
    };
    const tear = (): void => {
      if (!fails && hasRoom(kept)) files.append(node, bytes.subarray(0, kept));
    };
    this.submit(lane, ['append', path, bytes.length, 'B'], bytes.length, done, act, tear);
  }

  truncate({ node, path, lane }: SimOpenFile, size: number, done: Done<void>): void {
    this.submit(lane, ['truncate', path, size], 0, done, () => {
      if (size > node.size) return diskFailure('EINVAL', path);
      this.#world.files.truncate(node, size);
      return ok(undefined);
    });
  }
}

/** An open file of one process. */
class SimOpenFile implements OpenFile {
  readonly size: number;
  readonly path: string;
  readonly node: FileNode;
  readonly lane: Lane = newLane();
  readonly #disk: SimDisk;
  readonly #closed: () => void;

  constructor(disk: SimDisk, path: string, node: FileNode, closed: () => void) {
    this.#disk = disk;
    this.path = path;
    this.node = node;
    this.size = node.size;
    this.#closed = closed;
    node.openCount++;
  }

  append(bytes: Uint8Array, durability: Durability, done: Done<void>): void {
    this.#disk.append(this, bytes, durability, done);
  }

  read(offset: number, length: number, done: Done<Uint8Array<ArrayBuffer>>): void {
    const act = () => ok(this.node.read(offset, length));
    this.#disk.submit(this.lane, ['read', this.path, offset], length, done, act);
  }

  truncate(size: number, done: Done<void>): void {
    this.#disk.truncate(this, size, done);
  }

  close(done: Done<void>): void {
    this.#disk.submit(this.lane, ['close', this.path], 0, done, () => {
      this.node.openCount--;
      this.#closed();
      return ok(undefined);
    });
  }
}

function newLane(): Lane {
  return { busyUntil: 0, reportedAt: 0, inFlight: [] };
}
