/**
 * The first `db.cfg` of a process, in the real server's order:
 *
 * 1. Options are checked; from here on the log has its real form.
 * 2. The directories are entered and locked; the snapshots are listed.
 * 3. With a snapshot: listen, reach the sources, recover (or, when the sources no longer have the log that is needed, join anew).
 *    Without one: listen, reach the sources, then join one of them or found a cluster.
 * 4. The appliers follow, `db.cfg` waits until they are in sync, and reports the options that were given.
 */
import { FiberCancelled, type Task } from '../base/fiber.ts';
import { ClientError, clientError } from '../box/error.ts';
import type { Replication } from '../replication/replication.ts';
import { WalError } from '../wal/wal-error.ts';
import type { OptionChanges } from './config.ts';
import { optionRules } from './config-options.ts';
import { type Instance, serverVersion } from './instance.ts';
import {
  applyBoxSettings,
  applyLogOptions,
  applyReplicationSettings,
  applyStorageSettings,
  checkAnonymity,
  sourcesOf,
} from './option-effects.ts';

/**
 * Starts the server with the options given.
 * @throws ClientError for a wrong option, with nothing changed. What goes wrong later ends the process, as in the real server:
 *   a half-started server must not answer.
 */
export function* boot(instance: Instance, changes: OptionChanges): Task<void> {
  const { config, log } = instance;
  for (const [name, value] of changes) config.set(name, value);
  instance.state = 'loading';
  applyLogOptions(instance);
  applyBoxSettings(instance);
  try {
    yield* instance.storage.changeDirectory();
    yield* instance.openLogFile();
  } catch (error) {
    log.write('F', reasonOf(instance, error));
    return yield* instance.exit(1);
  }
  log.isConfigured = true;
  log.write('C', `Bee ${serverVersion}`);
  log.write('C', `log level ${log.level}`);
  log.write('I', `mapping ${config.number('memtx_memory')} bytes for memtx tuple arena...`);
  let hasFounded = false;
  try {
    hasFounded = yield* start(instance);
  } catch (error) {
    return yield* giveUp(instance, error);
  }
  applyStorageSettings(instance);
  log.write('I', 'ready to accept requests');
  instance.state = 'running';
  instance.stateChanged.broadcast();
  instance.scheduler.spawn('gc', () => instance.storage.gc.run());
  const { replication } = instance;
  replication.follow();
  try {
    // Who has just founded a cluster waits for nobody.
    if (!hasFounded) yield* replication.synchronize();
  } finally {
    // From here on the server is whole: Ctrl-C ends the wait, not the server.
    reportOptions(instance, changes);
  }
}

/** @returns true when a new cluster was founded */
function* start(instance: Instance): Task<boolean> {
  const { storage, replication } = instance;
  checkAnonymity(instance);
  applyReplicationSettings(instance);
  yield* storage.enter();
  if (storage.hasSnapshot) {
    yield* storage.beginRecovery();
    yield* instance.listen();
    replicationSetOrphan(instance);
    yield* replication.connect(sourcesOf(instance), false);
    const leader = replication.findRejoinLeader();
    if (leader !== undefined) {
      instance.log.write('C', 'replica is too old, initiating rebootstrap');
      yield* replication.bootstrapFrom(leader, true);
      return false;
    }
    yield* storage.recover();
    checkRegistration(instance);
    return false;
  }
  storage.setUuid(instance.config.text('instance_uuid') || instance.newUuid());
  yield* instance.listen();
  yield* replication.connect(sourcesOf(instance), true);
  const leader = replication.findLeader();
  if (leader === undefined) yield* found(instance, replication);
  else {
    yield* replication.bootstrapFrom(leader, false);
    checkClusterUuid(instance);
  }
  return leader === undefined;
}

/**
 * The cluster that was joined must be the one that was asked for.
 * @throws ClientError
 */
function checkClusterUuid({ config, storage }: Instance): void {
  const wanted = config.text('replicaset_uuid');
  const found = storage.clusterUuid ?? '';
  if (wanted === '' || wanted === found) return;
  throw clientError('REPLICASET_UUID_MISMATCH', wanted, found).at('box.cc', 2354);
}

/**
 * A server that has no id in its cluster must have somebody to get one from. The real server, whose first snapshot holds its id
 * always, ends here in any case.
 * @throws ClientError
 */
function checkRegistration(instance: Instance): void {
  const { storage, replication } = instance;
  if (!replication.isUnregistered || sourcesOf(instance).length > 0) return;
  throw clientError('UNKNOWN_REPLICA', storage.uuid, storage.clusterUuid ?? '').at('box.cc', 2643);
}

/** A new cluster, with this server as number 1 and the sources that were reached behind it. */
function* found(instance: Instance, replication: Replication): Task<void> {
  const { storage, config } = instance;
  instance.log.write('I', 'initializing an empty data directory');
  const clusterUuid = config.text('replicaset_uuid') || instance.newUuid();
  yield* storage.found(clusterUuid, replication.connectedUuids());
}

/** The real server starts as an orphan and stops being one when its sources are in sync, at once when it has none. */
function replicationSetOrphan(instance: Instance): void {
  instance.isOrphan = true;
}

function* giveUp(instance: Instance, error: unknown): Task<never> {
  const reason = reasonOf(instance, error);
  if (error instanceof WalError && error.isPanic) {
    instance.log.write('F', reason);
  } else {
    if (error instanceof ClientError || error instanceof WalError) instance.logError(error);
    instance.log.write('F', `can't initialize storage: ${reason}`);
  }
  return yield* instance.exit(1);
}

/**
 * Why the start ends. Also Ctrl-C, `fiber.cancel` and a trigger that raises end it, and the process with it: the real server dies of
 * its signal there, and what is half started cannot be started again.
 * @throws what is a bug of ours
 */
function reasonOf(instance: Instance, error: unknown): string {
  if (error instanceof ClientError || error instanceof WalError) return error.message;
  if (error instanceof FiberCancelled) return error.message;
  const reason = instance.lua?.describe(error);
  if (reason === undefined) throw error;
  return reason;
}

/** The real server walks a Lua table here: so it comes out of its hash. */
const reportOrder =
  `io_collect_interval checkpoint_count feedback_host custom_proc_title log_level checkpoint_interval
  replication_anon replication_connect_timeout replication_sync_lag replication_timeout feedback_enabled too_long_threshold
  memtx_memory vinyl_cache wal_dir_rescan_delay snap_io_rate_limit replication_synchro_timeout net_msg_max listen
  replication_synchro_quorum vinyl_max_tuple_size vinyl_timeout instance_uuid log_format memtx_max_tuple_size
  replication_skip_conflict feedback_interval sql_cache_size vinyl_memory worker_pool_threads replication_connect_quorum
  read_only force_recovery readahead replication checkpoint_wal_threshold replicaset_uuid replication_sync_timeout`.split(
    /\s+/,
  );

/** `set 'listen' configuration option to "3301"`, for what was given and for what has no default of its own. */
function reportOptions(instance: Instance, changes: OptionChanges): void {
  const { config, log } = instance;
  const shown = new Set(['log_level', 'log_format']);
  for (const name of reportOrder) {
    const rule = optionRules[name];
    if (name === 'checkpoint_interval') instance.checkpoints.start();
    if (rule === undefined) continue;
    const value = config.get(name);
    const isGiven = changes.has(name) && value !== rule.initial && value !== undefined;
    if (!isGiven && !shown.has(name)) continue;
    const text = config.describe(name, value);
    log.write('I', `set '${config.usedName(name)}' configuration option to ${text}`);
  }
}
