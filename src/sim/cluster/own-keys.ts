import type { SeededRandom } from '../random.ts';
import { check } from './violation.ts';

/** A key's tuple as its writer wrote it: a version, or gone. */
export type KeyState = number | 'gone';

/** What became of a statement. 'unknown': the server died, or only some of several transactions were written. */
export type Outcome = 'written' | 'refused' | 'unknown';

/** One key that one server alone writes. Versions count up and are never used twice. */
interface Key {
  /** What was typed, oldest first, without what was refused: what a reader anywhere may see, in this order. */
  readonly history: KeyState[];
  /** Places in the history that the writer itself may show now. */
  possible: Set<number>;
  /** By server: the place last seen there. It never goes back, for only what is written is shown. */
  readonly seenAt: Map<string, number>;
}

/** A key that is only ever added to. */
interface Counter {
  /** Additions that were answered, and those that may have happened. */
  low: number;
  high: number;
  readonly seenAt: Map<string, number>;
}

/** Keys of one kind that a seeding has, small enough that each is written often. */
const keysPerKind = 6;

/** Keys per seeding: registers, then the two halves of pairs, then counters. */
export const keyStride = 100;
const pairsAt = 20;
const pairDistance = 20;
const countersAt = 60;

/** Kinds of statements that only some worlds have; see `Mix.laterStatements`. */
export const laterStatementKinds = ['mixed', 'long', 'update', 'fibers'] as const;
export type LaterStatement = (typeof laterStatementKinds)[number];

/** Type this, and say what became of it. */
export interface Statement {
  readonly line: string;
  readonly settle: (outcome: Outcome) => void;
}

/**
 * What one server writes in space `t` between two seedings, and what may be read of it anywhere. Single keys and pairs (always
 * written in one transaction, always of one version) hold versions; counters are added to, so that a row applied twice shows.
 *
 * A server that is seeded anew gets another id in the cluster, and begins with other keys: rows of its former id may be on
 * their way still. The old keys are then `isAbandoned`: what only the lost files held may be gone.
 */
export class OwnKeys {
  isAbandoned = false;
  readonly #base: number;
  readonly #random: SeededRandom;
  readonly #keys = new Map<number, Key>();
  readonly #counters = new Map<number, Counter>();
  #version = 0;

  constructor(base: number, random: SeededRandom) {
    this.#base = base;
    this.#random = random;
  }

  /** True when a key of space `t` is one of these. */
  owns(key: number): boolean {
    return key >= this.#base && key < this.#base + keyStride;
  }

  /**
   * The next statement of the workload.
   * @param later kinds that this world has besides
   * @param local makes a write to the local space
   */
  statement(later: readonly LaterStatement[], local: () => string): Statement {
    if (later.length > 0 && this.#random.chance(0.25)) {
      switch (later[this.#random.below(later.length)]) {
        case 'mixed':
          return this.#mixed(local());
        case 'long':
          return this.#long();
        case 'update':
          return this.#update();
        case 'fibers':
          return this.#fibers();
      }
    }
    const kind = this.#random.below(20);
    if (kind < 7) return this.#single();
    if (kind < 11) return this.#pair();
    if (kind < 14) return this.#addition();
    if (kind < 17) return this.#burst();
    if (kind < 19) return this.#rolledBack();
    return this.#large();
  }

  #single(): Statement {
    const key = this.#base + this.#random.below(keysPerKind);
    if (this.#random.chance(0.15)) {
      return { line: `db.space.t:delete{${key}}`, settle: this.#write(key, 'gone') };
    }
    const version = ++this.#version;
    const settle = this.#write(key, version);
    if (this.#random.chance(0.3)) {
      return { line: `db.space.t:upsert({${key}, ${version}}, {{'=', 2, ${version}}})`, settle };
    }
    return { line: `db.space.t:replace{${key}, ${version}}`, settle };
  }

  #pair(): Statement {
    const one = this.#base + pairsAt + this.#random.below(keysPerKind);
    const other = one + pairDistance;
    const version = ++this.#version;
    const settles = [this.#write(one, version), this.#write(other, version)];
    return {
      line: `db.atomic(function() db.space.t:replace{${one}, ${version}} db.space.t:replace{${other}, ${version}} end)`,
      settle: (outcome) => {
        for (const settle of settles) settle(outcome);
      },
    };
  }

  #addition(): Statement {
    const key = this.#base + countersAt + this.#random.below(3);
    const counter = this.#counters.get(key) ?? { low: 0, high: 0, seenAt: new Map() };
    this.#counters.set(key, counter);
    counter.high++;
    return {
      line: `db.space.t:upsert({${key}, 1}, {{'+', 2, 1}})`,
      settle: (outcome) => {
        if (outcome === 'written') counter.low++;
        if (outcome === 'refused') counter.high--;
      },
    };
  }

  /** Many transactions in one statement: they gather while an append is under way. */
  #burst(): Statement {
    const count = 2 + this.#random.below(keysPerKind - 2);
    const first = this.#version + 1;
    this.#version += count;
    const settles = Array.from({ length: count }, (_, at) =>
      this.#write(this.#base + at, first + at),
    );
    return {
      line: `for i = 0, ${count - 1} do db.space.t:replace{${this.#base} + i, ${first} + i} end`,
      // Some of them may have been written before one was not.
      settle: (outcome) => {
        for (const settle of settles) settle(outcome === 'refused' ? 'unknown' : outcome);
      },
    };
  }

  /** Nobody may ever see this version. */
  #rolledBack(): Statement {
    const key = this.#base + this.#random.below(keysPerKind);
    const version = ++this.#version;
    return {
      line: `db.begin() pcall(db.space.t.replace, db.space.t, {${key}, ${version}}) db.rollback()`,
      settle: () => undefined,
    };
  }

  /** A tuple that does not fit into one piece of the network, or into what is left of a file. */
  #large(): Statement {
    const key = this.#base + this.#random.below(keysPerKind);
    const version = ++this.#version;
    const bytes = 1 + this.#random.below(20_000);
    // Nobody needs to see it in the answer.
    const line = `local _ = db.space.t:replace{${key}, ${version}, string.rep('x', ${bytes})}`;
    return { line, settle: this.#write(key, version) };
  }

  /** A transaction with a row that stays here: where that is the last one, the log has an empty one behind it for the others. */
  #mixed(local: string): Statement {
    const key = this.#base + this.#random.below(keysPerKind);
    const version = ++this.#version;
    const shared = `db.space.t:replace{${key}, ${version}}`;
    const [first, second] = this.#random.chance(0.5) ? [local, shared] : [shared, local];
    const line = `db.atomic(function() ${first} ${second} end)`;
    return { line, settle: this.#write(key, version) };
  }

  /** A transaction that fills several pieces of the network and more than a file: nothing of it may be seen before all is there. */
  #long(): Statement {
    const one = this.#base + pairsAt + this.#random.below(keysPerKind);
    const other = one + pairDistance;
    const rows = 2 + this.#random.below(30);
    const first = this.#version + 1;
    this.#version += rows;
    const last = this.#version;
    const bytes = this.#random.below(20_000);
    const settles = [this.#write(one, last), this.#write(other, last)];
    return {
      line: `db.atomic(function() for v = ${first}, ${last} do db.space.t:replace{${one}, v, string.rep('x', ${bytes})} end db.space.t:replace{${other}, ${last}} end)`,
      settle: (outcome) => {
        for (const settle of settles) settle(outcome);
      },
    };
  }

  /** Rows of the kinds that name a key, or that must not find one. */
  #update(): Statement {
    const key = this.#base + this.#random.below(keysPerKind);
    const version = ++this.#version;
    const line = `db.atomic(function() if db.space.t:update({${key}}, {{'=', 2, ${version}}}) == nil then db.space.t:insert{${key}, ${version}} end end)`;
    return { line, settle: this.#write(key, version) };
  }

  /** Three fibers that commit by turns. */
  #fibers(): Statement {
    const first = this.#version + 1;
    this.#version += 6;
    const settles = Array.from({ length: 6 }, (_, at) =>
      this.#write(this.#base + Math.floor(at / 2), first + at),
    );
    const body = `for j = 0, 1 do db.space.t:replace{${this.#base} + i, ${first} + 2 * i + j} fiber.yield() end`;
    const fibers = `for i = 0, 2 do fiber.create(function() ended:put((pcall(function() ${body} end))) end) end`;
    const ends = `for i = 1, 3 do if not ended:get() then error('refused') end end`;
    return {
      line: `local fiber = require('fiber') local ended = fiber.channel(3) ${fibers} ${ends}`,
      settle: (outcome) => {
        for (const settle of settles) settle(outcome === 'refused' ? 'unknown' : outcome);
      },
    };
  }

  /** Takes note of a write that is typed. @returns what is to be called when its outcome is known */
  #write(number: number, state: KeyState): (outcome: Outcome) => void {
    const key = this.#key(number);
    const place = key.history.push(state) - 1;
    key.possible.add(place);
    return (outcome) => {
      if (outcome === 'written') key.possible = new Set([place]);
      if (outcome !== 'refused') return;
      key.possible.delete(place);
      // No version: no reader may see it. The place stays, so that later places keep their numbers.
      key.history[place] = refused;
    };
  }

  #key(number: number): Key {
    const key = this.#keys.get(number) ?? {
      history: ['gone'],
      possible: new Set([0]),
      seenAt: new Map(),
    };
    this.#keys.set(number, key);
    return key;
  }

  /**
   * Checks what a server shows of these keys.
   * @param found versions of all keys in space `t`
   * @param server its name and seeding
   * @param isOwner it is the server that writes them, nothing is being written, and it has not lost its files
   */
  checkSeen(found: ReadonlyMap<number, number>, server: string, isOwner: boolean): void {
    for (const [number, key] of this.#keys) {
      const state = found.get(number) ?? 'gone';
      const from = key.seenAt.get(server) ?? 0;
      const place = key.history.findIndex((other, at) => at >= from && other === state);
      check(place >= 0, () => {
        const seen = key.history[from];
        return `${server} shows version ${state} of key ${number}: never written, taken back, or older than ${seen}, which it showed before`;
      });
      if (isOwner) this.#checkOwn(number, key, state, server);
      else key.seenAt.set(server, place);
      this.#checkPair(found, number, server);
    }
    for (const [number, counter] of this.#counters) {
      const value = found.get(number) ?? 0;
      const from = counter.seenAt.get(server) ?? 0;
      check(value >= from && value <= counter.high, () => {
        return `${server} shows ${value} in counter ${number}: it showed ${from} before, and ${counter.high} additions were made`;
      });
      counter.seenAt.set(server, value);
      if (!isOwner) continue;
      check(value >= counter.low, () => {
        return `counter ${number} on its own server ${server} is ${value}: ${counter.low} additions were answered`;
      });
      counter.low = value;
      counter.high = value;
    }
  }

  /** What the writer was answered is there; what it shows now is what was written. */
  #checkOwn(number: number, key: Key, state: KeyState, server: string): void {
    const place = [...key.possible].find((at) => key.history[at] === state);
    check(place !== undefined, () => {
      const expected = [...key.possible].map((at) => key.history[at]);
      return `key ${number} on its own server ${server} is ${state}, and must be ${expected.join(' or ')}`;
    });
    for (const at of key.possible) if (at > place) key.history[at] = refused;
    key.possible = new Set([place]);
    for (const [where, seen] of key.seenAt) {
      check(seen <= place, () => {
        return `${where} showed version ${key.history[seen]} of key ${number}, which its own server ${server} has lost`;
      });
    }
    key.seenAt.set(server, place);
  }

  #checkPair(found: ReadonlyMap<number, number>, number: number, server: string): void {
    const offset = number - this.#base;
    if (offset < pairsAt || offset >= pairsAt + pairDistance) return;
    const other = number + pairDistance;
    check(found.get(number) === found.get(other), () => {
      return `${server} shows half of a transaction: key ${number} is ${found.get(number)}, key ${other} ${found.get(other)}`;
    });
  }
}

/** Stands in a history where a version was taken back. Versions are positive. */
const refused = -1;
