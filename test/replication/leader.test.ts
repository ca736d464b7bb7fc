/** Whom a new server joins, when it is given several sources. */
import { expect, test } from 'vitest';
import type { Cluster } from '../../src/bee/replication/cluster.ts';
import { findLeader } from '../../src/bee/replication/sync.ts';
import type { Ballot } from '../../src/bee/wire/replication-requests.ts';

const [low, middle, high] = ['1', '5', '9'].map(
  (digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`,
);

/** A source that answered with this ballot; undefined for one that did not answer. */
type Source = readonly [uuid: string | undefined, ballot: Partial<Ballot> | undefined];

function leaderOf(...sources: Source[]): string | undefined {
  const replicas = sources.map(([uuid = '', ballot]) => {
    const none = new Map<number, number>();
    const empty: Ballot = { isReadOnly: false, isLoading: false, vclock: none, gcVclock: none };
    return { uuid, applier: { ballot: ballot && { ...empty, ...ballot } } };
  });
  replicas.sort((one, other) => (one.uuid < other.uuid ? -1 : 1));
  // Nothing else of it is asked for.
  return findLeader({ sorted: () => replicas } as unknown as Cluster)?.uuid;
}

test('the lowest UUID among equals', () => {
  expect(leaderOf([high, {}], [low, {}], [middle, {}])).toBe(low);
});

test('one that is further, and not by its local rows', () => {
  expect(
    leaderOf([low, { vclock: new Map([[1, 5]]) }], [high, { vclock: new Map([[1, 6]]) }]),
  ).toBe(high);
  expect(
    leaderOf(
      [low, { vclock: new Map([[1, 5]]) }],
      [
        high,
        {
          vclock: new Map([
            [0, 9],
            [1, 5],
          ]),
        },
      ],
    ),
  ).toBe(low);
  expect(
    leaderOf([low, { vclock: new Map([[1, 6]]) }], [high, { vclock: new Map([[1, 5]]) }]),
  ).toBe(low);
});

test('one that writes rather than one that does not, however far that is', () => {
  const ahead = { isReadOnly: true, vclock: new Map([[1, 100]]) };
  expect(leaderOf([low, ahead], [high, { vclock: new Map([[1, 5]]) }])).toBe(high);
  expect(leaderOf([low, { isReadOnly: true }], [high, ahead])).toBe(high);
});

test('one that has started rather than one that has not', () => {
  expect(leaderOf([low, {}], [high, { isLoading: true, vclock: new Map([[1, 9]]) }])).toBe(low);
  expect(leaderOf([low, { isLoading: true }], [high, { isLoading: true }])).toBe(low);
});

test('nobody where there is none', () => {
  expect(leaderOf()).toBeUndefined();
});
