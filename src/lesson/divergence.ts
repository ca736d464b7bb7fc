/**
 * Divergence made visible: which tuples two servers hold differently. Two probes are enough to say where (a digest per space), two
 * more per space that differs to say what; who wrote each side last is read from the logs by `worker/last-writes.ts`.
 */
import { call, type Play } from './play.ts';
import type { Probed } from './stage.ts';

/** A space as one server sees it. */
export interface SpaceDigest {
  readonly id: number;
  readonly count: number;
  /** CRC-32 of all tuples as MessagePack, in the order of the primary key. */
  readonly digest: number;
  /** Numbers of the primary key's fields, from 1. */
  readonly key: readonly number[];
}

/** Spaces of users by name. Local and temporary spaces are not compared: they are meant to differ. */
export type SpaceDigests = Readonly<Record<string, SpaceDigest>>;

/** One key under which two servers hold different tuples; `undefined` where one of them holds none. */
export interface TupleDifference {
  readonly space: string;
  /** The key's fields as JSON: `[1]`. */
  readonly key: string;
  /** The tuples as JSON. */
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** An expression for a probe: `SpaceDigests` of the server. */
export const digestsCode = oneLine(`(function()
  local digest, msgpack = require('digest'), require('msgpack')
  local found = setmetatable({}, {__serialize = 'map'})
  for _, definition in db.space._space:pairs() do
    local id, name, options = definition[1], definition[3], definition[6]
    local space = db.space[id]
    local isOwn = options.group_id == 1 or options.temporary
    if id > 511 and not isOwn and space.index[0] then
      local crc = digest.crc32.new()
      local count = 0
      for _, tuple in space:pairs() do
        crc:update(msgpack.encode(tuple))
        count = count + 1
      end
      local key = {}
      for at, part in ipairs(space.index[0].parts) do key[at] = part.fieldno end
      found[name] = {id = id, count = count, digest = crc:result(), key = key}
    end
  end
  return found
end)()`);

/** An expression for a probe: the tuples of a space as a list of pairs, key and tuple, both as JSON. */
export function tuplesCode(space: string): string {
  return oneLine(`(function()
    local json = require('json')
    local space = db.space[${JSON.stringify(space)}]
    local found = setmetatable({}, {__serialize = 'seq'})
    if not space or not space.index[0] then return found end
    for _, tuple in space:pairs() do
      local key = {}
      for at, part in ipairs(space.index[0].parts) do key[at] = tuple[part.fieldno] end
      found[#found + 1] = {json.encode(key), json.encode(tuple)}
    end
    return found
  end)()`);
}

/** Names of the spaces that two servers hold differently, or that only one of them has. */
export function differingSpaces(left: SpaceDigests, right: SpaceDigests): readonly string[] {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names]
    .filter((name) => {
      const [one, other] = [left[name], right[name]];
      return one?.count !== other?.count || one?.digest !== other?.digest;
    })
    .sort();
}

/** Pairs of key and tuple, as `tuplesCode` gives them. */
export type TupleTexts = readonly (readonly [string, string])[];

/** Which tuples of one space differ, in the order of the left server's keys, then of those that only the right one has. */
export function differingTuples(
  space: string,
  left: TupleTexts,
  right: TupleTexts,
): readonly TupleDifference[] {
  const [ofLeft, ofRight] = [new Map(left), new Map(right)];
  return [...new Set([...ofLeft.keys(), ...ofRight.keys()])].flatMap((key) => {
    const [one, other] = [ofLeft.get(key), ofRight.get(key)];
    return one === other ? [] : [{ space, key, left: one, right: other }];
  });
}

/** Asks a server, as `Stage.probe` does. */
export type AskServer = (code: string, done: (probed: Probed) => void) => void;

/** What the comparison came to; `error` where a server could not be asked. */
export type Comparison =
  | { readonly kind: 'compared'; readonly differences: readonly TupleDifference[] }
  | { readonly kind: 'error'; readonly message: string };

/** Compares what two servers hold. Run it with `startPlay`. An empty list of differences: they hold the same. */
export function* compareServers(left: AskServer, right: AskServer): Play<Comparison> {
  try {
    // The values are JSON of the tables that the expressions make.
    const one = (yield* valueOf(left, digestsCode)) as SpaceDigests;
    const other = (yield* valueOf(right, digestsCode)) as SpaceDigests; // as above
    const differences: TupleDifference[] = [];
    for (const space of differingSpaces(one, other)) {
      const code = tuplesCode(space);
      const tuples = (yield* valueOf(left, code)) as TupleTexts; // as above
      const others = (yield* valueOf(right, code)) as TupleTexts; // as above
      differences.push(...differingTuples(space, tuples, others));
    }
    return { kind: 'compared', differences };
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    return { kind: 'error', message: error.message };
  }
}

class ProbeError extends Error {}

function* valueOf(ask: AskServer, code: string): Play<unknown> {
  const probed = yield* call<Probed>((done) => ask(code, done));
  if (probed.kind === 'value') return probed.value;
  throw new ProbeError(probed.kind === 'error' ? probed.message : 'no server runs there');
}

/** A probe is one expression on one line. */
function oneLine(code: string): string {
  return code.replaceAll(/\s*\n\s*/g, ' ');
}
