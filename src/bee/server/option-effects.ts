/** Puts options in force that the first `db.cfg` and later ones treat alike. */
import { parseUri, type Uri } from '../base/uri.ts';
import { clientError } from '../box/error.ts';
import { logLevelNumber } from './config-options.ts';
import type { Instance } from './instance.ts';

/** The sources of `db.cfg`, read; their form was checked with the options. */
export function sourcesOf(instance: Instance): Uri[] {
  return instance.config.sources.flatMap((source) => parseUri(source) ?? []);
}

/** Puts `log_level` and `log_format` in force. */
export function applyLogOptions(instance: Instance): void {
  const { config, log } = instance;
  log.level = logLevelNumber(config.get('log_level') ?? 5) ?? 5;
  log.format = config.get('log_format') === 'json' ? 'json' : 'plain';
}

/** Copies the options that replication goes by. */
export function applyReplicationSettings(instance: Instance): void {
  const { config, replication } = instance;
  const { settings } = replication;
  settings.timeout = config.number('replication_timeout');
  settings.connectTimeout = config.number('replication_connect_timeout');
  settings.connectQuorum = config.number('replication_connect_quorum');
  settings.syncLag = config.number('replication_sync_lag');
  settings.syncTimeout = config.number('replication_sync_timeout');
  settings.skipConflict = config.flag('replication_skip_conflict');
  settings.isAnonymous = config.flag('replication_anon');
}

/** Copies the options that the files go by. */
export function applyStorageSettings(instance: Instance): void {
  const { config, storage } = instance;
  storage.gc.checkpointCount = config.number('checkpoint_count');
}

/** Copies the options that tuples go by. */
export function applyBoxSettings(instance: Instance): void {
  const { box, config } = instance;
  box.limits.maxTupleBytes = config.number('memtx_max_tuple_size');
  box.limits.memoryBytes = config.number('memtx_memory');
}

/** An anonymous replica has no id to write rows with. @throws ClientError ER_CFG unless `read_only` goes with it */
export function checkAnonymity(instance: Instance): void {
  const { config } = instance;
  if (!config.flag('replication_anon') || config.flag('read_only')) return;
  const words = 'the value may be set to true only when the instance is read-only';
  throw clientError('CFG', 'replication_anon', words).at('box.cc', 601);
}

/** The other way round: `read_only` stays while the instance is anonymous. @throws ClientError ER_CFG */
export function checkWritability({ config }: Instance): void {
  if (!config.flag('replication_anon') || config.flag('read_only')) return;
  const words = 'the value may be set to false only when replication_anon is false';
  throw clientError('CFG', 'read_only', words);
}
