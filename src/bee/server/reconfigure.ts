import type { Task } from '../base/fiber.ts';
import { clientError } from '../box/error.ts';
import type { OptionChanges } from './config.ts';
import type { Instance } from './instance.ts';
import {
  applyBoxSettings,
  applyLogOptions,
  applyReplicationSettings,
  applyStorageSettings,
  checkAnonymity,
  checkWritability,
  sourcesOf,
} from './option-effects.ts';

/**
 * The order in which options change when one call gives several: what others build on comes first, as in the real
 * server's table; the rest follows as given.
 */
const order: Readonly<Record<string, number>> = {
  listen: 100,
  replication_timeout: 150,
  replication_sync_lag: 150,
  replication_sync_timeout: 150,
  replication_synchro_quorum: 150,
  replication_synchro_timeout: 150,
  replication_connect_timeout: 150,
  replication_connect_quorum: 150,
  replication: 200,
  replication_anon: 250,
};

/**
 * Every `db.cfg` after the first: each option that differs is put in force, and taken back when that fails.
 * @throws ClientError what refused the option; those before it stay in force, as in the real server
 */
export function* reconfigure(instance: Instance, changes: OptionChanges): Task<void> {
  const { config, log } = instance;
  const names = [...changes.keys()].sort((one, other) => rank(one) - rank(other));
  for (const name of names) {
    const before = config.get(name);
    if (!config.set(name, changes.get(name))) continue;
    try {
      yield* putInForce(instance, name);
    } catch (error) {
      config.set(name, before);
      throw error;
    }
    const text = config.describe(name, config.get(name));
    log.write('I', `set '${config.usedName(name)}' configuration option to ${text}`);
  }
}

function rank(name: string): number {
  return order[name] ?? Number.MAX_SAFE_INTEGER;
}

function* putInForce(instance: Instance, name: string): Task<void> {
  const { replication } = instance;
  if (name.startsWith('replication_')) applyReplicationSettings(instance);
  switch (name) {
    case 'listen':
      yield* instance.listen();
      break;
    case 'replication':
      yield* replication.configure(sourcesOf(instance));
      break;
    case 'replication_anon':
      checkAnonymity(instance);
      yield* replication.anonymityChanged(sourcesOf(instance));
      break;
    case 'replication_connect_quorum':
      replication.quorumChanged();
      break;
    case 'log_level':
    case 'log_format':
      applyLogOptions(instance);
      break;
    case 'memtx_memory':
      if (instance.config.number(name) < instance.box.limits.memoryBytes) {
        throw clientError('CFG', name, 'cannot decrease memory size at runtime');
      }
      applyBoxSettings(instance);
      break;
    case 'memtx_max_tuple_size':
      applyBoxSettings(instance);
      break;
    case 'checkpoint_count':
      applyStorageSettings(instance);
      instance.checkpoints.reconfigure();
      break;
    case 'checkpoint_interval':
    case 'checkpoint_wal_threshold':
      instance.checkpoints.reconfigure();
      break;
    case 'replication_synchro_quorum':
    case 'replication_synchro_timeout':
      instance.confirmations.settingsChanged();
      break;
    case 'read_only':
      checkWritability(instance);
      instance.stateChanged.broadcast();
      break;
    default:
      // Options that whoever needs them reads when they are needed, and those of engines that Bee does not have.
      break;
  }
}
