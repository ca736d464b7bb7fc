/** How an applier gets a new instance its first state: JOIN, FETCH_SNAPSHOT for anonymous ones, REGISTER for those that were. */
import type { Task } from '../base/fiber.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import { decodeVclockBody, encodeJoin, encodeRegister } from '../wire/replication-requests.ts';
import type { XRow } from '../wire/xrow.ts';
import type { Applier } from './applier.ts';
import { isServerError, type ServerError } from './error.ts';
import { isLogRow, isSynchroType, send, vclockOf } from './frames.ts';
import { joinSilenceSecondsMax } from './limits.ts';

/**
 * JOIN, in the applier's fiber: the copy, then the rows of the log up to this instance's own registration. In between the
 * applier waits ('final_join') while `db.cfg` makes the copy the first snapshot, so that it is named by the copy's vclock
 * and the later rows go to the log (DESIGN D6a). An instance that had files already (`isRebootstrap`) makes its snapshot at the
 * end instead: named by the copy's vclock it could be older than the files that it replaces.
 */
export function* join(applier: Applier): Task<void> {
  const { group } = applier;
  const { host } = group;
  send(applier.stream, IprotoType.JOIN, encodeJoin(host.instanceUuid()));
  group.joinStage = 'copy';
  yield* applier.enter('initial_join');
  yield* receiveCopy(applier);
  host.log('I', 'initial data received');
  yield* applier.enter('final_join');
  group.joinStage = 'log';
  yield* receiveLog(applier, group.isRebootstrap ? applyUnlogged : applyLogged);
  // The id that came with the last row is this instance's own when the log holds it.
  if (!group.isRebootstrap) yield* host.durable();
  host.log('I', 'final data received');
  yield* finishJoin(applier);
}

/** The instance is whole; whoever waits for that hears so. Also the end of a join whose connection broke near its end. */
export function* finishJoin(applier: Applier): Task<void> {
  applier.group.joinStage = 'none';
  yield* applier.enter('joined');
  yield* applier.enter('ready');
}

/** FETCH_SNAPSHOT: the copy alone, for an instance that will not be in `_cluster`. */
export function* fetchSnapshot(applier: Applier): Task<void> {
  send(applier.stream, IprotoType.FETCH_SNAPSHOT);
  applier.group.joinStage = 'copy';
  yield* applier.enter('fetch_snapshot');
  yield* receiveCopy(applier);
  applier.group.joinStage = 'none';
  yield* applier.enter('fetched_snapshot');
  yield* applier.enter('ready');
}

/**
 * REGISTER: an instance that has data but no id gets one. Also the way on for a joiner whose connection or process ended
 * between its first snapshot and its registration.
 */
export function* register(applier: Applier): Task<void> {
  const { host } = applier.group;
  const vclock = host.writtenVclock().entries();
  send(applier.stream, IprotoType.REGISTER, encodeRegister(host.instanceUuid(), vclock));
  yield* applier.enter('register');
  try {
    yield* receiveLog(applier, applyNext);
  } catch (thrown) {
    // Registered already, and this instance has not heard of it: the subscription will tell.
    if (!isServerError(thrown) || thrown.codeName !== 'ER_REPLICA_NOT_ANON') throw thrown;
  }
  yield* host.durable();
  yield* applier.enter('registered');
  yield* applier.enter('ready');
}

function* receiveCopy(applier: Applier): Task<void> {
  const { host } = applier.group;
  const start = yield* applier.read(joinSilenceSecondsMax);
  if (start.type !== IprotoType.OK) throw unknownType(applier, start, 493);
  yield* host.beginJoin(vclockOf(decodeVclockBody(start.body)));
  for (let count = 1; ; count++) {
    const row = yield* applier.read(joinSilenceSecondsMax);
    if (row.type === IprotoType.OK) break;
    if (!isLogRow(row)) throw unknownType(applier, row, 532);
    host.applyCopyRow(row);
    if (count % 100_000 === 0) host.log('I', `${(count / 1e6).toFixed(1)}M rows received`);
  }
  yield* host.endCopy();
}

type ApplyRows = (applier: Applier, rows: readonly XRow[]) => void;

/** Rows of the log up to the mark that ends them, a whole transaction at a time. */
function* receiveLog(applier: Applier, apply: ApplyRows): Task<void> {
  const { host } = applier.group;
  let rows: XRow[] = [];
  for (let count = 1; ; count++) {
    const row = yield* applier.read(joinSilenceSecondsMax);
    if (row.type === IprotoType.OK) break;
    if (!isLogRow(row)) throw unknownType(applier, row, 594);
    if (count % 100_000 === 0) host.log('I', `${(count / 1e6).toFixed(1)}M rows received`);
    rows.push(row);
    if (!row.isCommit) continue;
    apply(applier, rows);
    rows = [];
    // A decision about earlier transactions is carried out when the log holds it, before anything that comes after it.
    yield* isSynchroType(row.type) ? host.durable() : host.commitPoint();
  }
}

function applyLogged(applier: Applier, rows: readonly XRow[]): void {
  const { host } = applier.group;
  const last = rows.at(-1);
  if (last === undefined || last.lsn <= host.vclock().get(last.replicaId)) return;
  const failure = host.applyTransaction(rows);
  if (failure !== undefined) throw failure.error;
  applier.group.applied++;
}

function applyUnlogged(applier: Applier, rows: readonly XRow[]): void {
  for (const row of rows) applier.group.host.applyUnlogged(row);
}

/**
 * A 2.6.0 master answers REGISTER with the rows since that moment, whatever this instance lacks before them. Rows that
 * do not follow on ours are left out here: the subscription brings them in order.
 */
function applyNext(applier: Applier, rows: readonly XRow[]): void {
  const [first] = rows;
  const known = first === undefined ? 0 : applier.group.host.vclock().get(first.replicaId);
  if (first?.lsn === known + 1) applyLogged(applier, rows);
}

function unknownType(applier: Applier, row: XRow, line: number): ServerError {
  const { errors } = applier.group.host;
  return errors.client('UNKNOWN_REQUEST_TYPE', [row.type], ['applier.cc', line]);
}
