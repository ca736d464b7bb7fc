import type { SeededRandom } from '../random.ts';
import type { Outcome, Statement } from './own-keys.ts';
import { check } from './violation.ts';

/** Spaces, and for the first server users, that one server alone creates and drops. */
const slotCount = 2;
/** Ids are given, not drawn from the maximum: two masters would otherwise create two spaces of one id. */
const firstSpaceId = 1000;

type Presence = 'there' | 'gone';

/**
 * DDL among the workload: spaces with an index and a tuple, and users with a right, are made and dropped again. Each server has
 * names and ids of its own, because two masters that create one space stop each other, as the manual's readers are told.
 */
export class OwnObjects {
  readonly #number: number;
  readonly #random: SeededRandom;
  readonly #hasUsers: boolean;
  /** What may be there, by name. */
  readonly #possible = new Map<string, Set<Presence>>();

  /** @param number tells apart the servers and their seedings, from 0 */
  constructor(number: number, hasUsers: boolean, random: SeededRandom) {
    this.#number = number;
    this.#random = random;
    this.#hasUsers = hasUsers;
  }

  statement(): Statement {
    const slot = this.#random.below(slotCount);
    if (this.#hasUsers && this.#random.chance(0.4)) return this.#user(`u${slot}`);
    const name = `d${this.#number}_${slot}`;
    const id = firstSpaceId + this.#number * slotCount + slot;
    if (!this.#mayBeThere(name)) {
      const line = `db.schema.space.create('${name}', {id = ${id}}):create_index('primary') db.space.${name}:replace{1, '${name}'}`;
      return { line, settle: this.#change(name, 'there') };
    }
    switch (this.#random.below(4)) {
      case 0:
        return { line: `db.space.${name}:truncate()`, settle: () => undefined };
      case 1:
        return {
          line: `db.space.${name}:create_index('second', {parts = {2, 'string'}, if_not_exists = true})`,
          settle: () => undefined,
        };
      case 2:
        return {
          line: `db.space.${name}:replace{${this.#random.below(3)}, '${name}'}`,
          settle: () => undefined,
        };
      default:
        return { line: `db.space.${name}:drop()`, settle: this.#change(name, 'gone') };
    }
  }

  /** Lua that tells which of them are there. */
  get question(): string {
    const names = [...this.#possible.keys()].map((name) => {
      const found = name.startsWith('u')
        ? `db.space._user.index.name:get{'${name}'}`
        : `db.space.${name}`;
      return `${name} = ${found} ~= nil`;
    });
    return `{ ${names.join(', ')} }`;
  }

  /** Checks the answer of the server that makes them, when nothing is being changed. */
  checkOwn(answer: Readonly<Record<string, boolean>>, server: string): void {
    for (const [name, possible] of this.#possible) {
      const found = answer[name] === true ? 'there' : 'gone';
      check(possible.has(found), () => {
        return `${name} is ${found} on its own server ${server}: it must be ${[...possible]}`;
      });
      this.#possible.set(name, new Set([found]));
    }
  }

  #user(name: string): Statement {
    if (this.#mayBeThere(name)) {
      return { line: `db.schema.user.drop('${name}')`, settle: this.#change(name, 'gone') };
    }
    const line = `db.schema.user.create('${name}', {password = '${name}'}) db.schema.user.grant('${name}', 'read', 'universe')`;
    return { line, settle: this.#change(name, 'there') };
  }

  #mayBeThere(name: string): boolean {
    return this.#possible.get(name)?.has('there') ?? false;
  }

  #change(name: string, presence: Presence): (outcome: Outcome) => void {
    const possible = this.#possible.get(name) ?? new Set<Presence>(['gone']);
    possible.add(presence);
    this.#possible.set(name, possible);
    return (outcome) => {
      // DDL is several transactions: one that was refused in the middle may have left some of them.
      if (outcome === 'written') this.#possible.set(name, new Set([presence]));
    };
  }
}
