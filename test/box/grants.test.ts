// A right that is added takes effect without all others being worked out anew. What is in effect must be what `_priv` says.
import { describe, expect, it } from 'vitest';
import { Privilege } from '../../src/bee/box/privilege.ts';
import { SystemSpace } from '../../src/bee/box/system-space.ts';
import { SeededRandom } from '../../src/sim/index.ts';
import { SmallBox } from './small-box.ts';

const admin = 1;
/** Two users and three roles, by id. */
const grantees = [32, 33, 34, 35, 36] as const;
const roles = [34, 35, 36] as const;
const spaces = [512, 513] as const;

/** Type, id and bits of a right. */
type Right = readonly [type: string, id: number | '', bits: number];

function drawRight(random: SeededRandom): Right {
  const bits = 1 + random.below(4);
  switch (random.below(5)) {
    case 0:
      return ['universe', 0, bits | Privilege.USAGE];
    case 1:
      return ['space', '', bits];
    case 2:
      return ['role', random.pick(roles), Privilege.EXECUTE];
    default:
      return ['space', random.pick(spaces), bits];
  }
}

/** What each user and role may do, by type and id, as the tuples of `_priv` and the roles in them say. */
function written(small: SmallBox): Map<string, number> {
  const tuples = small.select(SystemSpace.PRIV) as [number, number, string, number | '', number][]; // its format
  const rolesOf = (user: number): number[] =>
    tuples.flatMap(([, grantee, type, id]) =>
      grantee === user && type === 'role' ? [Number(id)] : [],
    );
  const found = new Map<string, number>();
  for (const user of grantees) {
    const holders = new Set<number>([user]);
    for (const holder of holders) for (const role of rolesOf(holder)) holders.add(role);
    for (const [, grantee, type, id, bits] of tuples) {
      if (!holders.has(grantee) || type === 'role') continue;
      const key = `${user} ${type} ${id}`;
      found.set(key, (found.get(key) ?? 0) | bits);
    }
  }
  return found;
}

function inEffect({ box: { schema } }: SmallBox): Map<string, number> {
  const found = new Map<string, number>();
  for (const id of grantees) {
    const user = schema.users.require(id);
    const note = (what: string, bits: number | undefined): void => {
      if (bits) found.set(`${id} ${what}`, bits);
    };
    expect(user.credentials.universalAccess).toBe(schema.universe.of(user.token));
    note('universe 0', schema.universe.of(user.token));
    note('space ', schema.entities.space?.of(user.token));
    for (const space of spaces) {
      note(`space ${space}`, schema.requireSpace(space).access.of(user.token));
    }
  }
  return found;
}

describe('rights given, changed, taken and rolled back in any order', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i', (seed) => {
    const random = new SeededRandom(seed);
    const small = new SmallBox();
    for (const space of spaces) small.space(`s${space}`, { id: space });
    for (const id of grantees) {
      small.insert(SystemSpace.USER, [
        id,
        admin,
        `u${id}`,
        id < roles[0] ? 'user' : 'role',
        new Map(),
      ]);
    }
    for (let step = 0; step < 200; step++) {
      const grantee = random.pick(grantees);
      const [type, id, bits] = drawRight(random);
      // Roles in roles, but never in a ring.
      if (type === 'role' && Number(id) <= grantee) continue;
      small.writesAtOnce = random.chance(0.8);
      const isTaken = random.chance(0.3);
      // A fiber of its own: one that has lost rows is told so at its next commit.
      small.inFiber(small.fiber(), () => {
        if (isTaken) small.delete(SystemSpace.PRIV, [grantee, type, id]);
        else small.replace(SystemSpace.PRIV, [admin, grantee, type, id, bits]);
      });
      if (!small.writesAtOnce) small.fail();
      expect(inEffect(small)).toEqual(written(small));
    }
  });
});
