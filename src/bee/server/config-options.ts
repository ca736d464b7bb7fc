/**
 * Every option of `db.cfg`: its type, its default, whether it can change while the server runs, and what values are
 * refused, in the real server's words (load_cfg.lua and box_check_config of 2.6.0, asked one by one).
 */
import { parseUri } from '../base/uri.ts';

/** A value of an option. A list of them is what `replication` holds. */
export type OptionValue = string | number | boolean | readonly (string | number)[];

export interface OptionRule {
  /** Lua type names, as the real server's template lists them. */
  readonly types: string;
  readonly initial?: OptionValue;
  /** Whether `db.cfg` may change it later. */
  readonly isDynamic: boolean;
  /** Words for what is wrong with a value of the right type; undefined when it is right. */
  readonly refuse?: (value: OptionValue) => string | undefined;
}

const MiB = 1024 * 1024;

function statically(
  types: string,
  initial?: OptionValue,
  refuse?: OptionRule['refuse'],
): OptionRule {
  return {
    types,
    isDynamic: false,
    ...(initial === undefined ? {} : { initial }),
    ...(refuse === undefined ? {} : { refuse }),
  };
}

function dynamically(
  types: string,
  initial?: OptionValue,
  refuse?: OptionRule['refuse'],
): OptionRule {
  return { ...statically(types, initial, refuse), isDynamic: true };
}

/** Refuses a number for which `isRight` does not hold. */
function number(isRight: (value: number) => boolean, words: string) {
  return (value: OptionValue): string | undefined =>
    typeof value === 'number' && isRight(value) ? undefined : words;
}

/** The bound on memory sizes of the real server, 4 TiB less one slab of slack. */
const memoryMax = 4398046510080;

function memory(value: OptionValue): string | undefined {
  if (typeof value === 'number' && value >= 0 && value <= memoryMax) return undefined;
  return `must be >= 0 and <= ${memoryMax}, but it is ${String(value)}`;
}

function uuid(value: OptionValue): string | undefined {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
  return form.test(String(value)) ? undefined : String(value);
}

function uri(value: OptionValue): string | undefined {
  return parseUri(String(value)) === undefined
    ? 'expected host:service or /unix.socket'
    : undefined;
}

function uris(value: OptionValue): string | undefined {
  const all = Array.isArray(value) ? value : [value];
  return all.some((one) => uri(one) !== undefined) ? uri('') : undefined;
}

const logLevelNames = ['fatal', 'syserror', 'error', 'crit', 'warn', 'info', 'verbose', 'debug'];

/** The number of a `log_level`, given as a number or a name. Undefined for a name that there is not. */
export function logLevelNumber(value: OptionValue): number | undefined {
  if (typeof value === 'number') return value;
  const at = logLevelNames.indexOf(String(value));
  return at < 0 ? undefined : at;
}

function logLevel(value: OptionValue): string | undefined {
  if (logLevelNumber(value) !== undefined) return undefined;
  return 'expected crit,warn,info,debug,syserror,verbose,fatal,error';
}

function oneOf(words: string, ...names: string[]) {
  return (value: OptionValue): string | undefined =>
    names.includes(String(value)) ? undefined : words;
}

const positive = 'the value must be greater than 0';
const synchroQuorum =
  'the value must be greater than zero and less than maximal number of replicas';

/** The options by name, in the order in which the first `db.cfg` reports those that were given. */
export const optionRules: Readonly<Record<string, OptionRule>> = {
  log_level: dynamically('number, string', 5, logLevel),
  checkpoint_interval: dynamically('number', 3600),
  listen: dynamically('string, number', undefined, uri),
  log_format: dynamically('string', 'plain', oneOf('expected json,plain', 'json', 'plain')),
  replication: dynamically('string, number, table', undefined, uris),
  memtx_memory: dynamically('number', 256 * MiB, memory),
  strip_core: statically('boolean', true),
  memtx_min_tuple_size: statically(
    'number',
    16,
    number((size) => size >= 8 && size <= 1048280, 'specified value is out of bounds'),
  ),
  memtx_max_tuple_size: dynamically('number', MiB),
  slab_alloc_factor: statically('number', 1.05),
  work_dir: statically('string'),
  memtx_dir: statically('string', '.'),
  wal_dir: statically('string', '.'),
  vinyl_dir: statically('string', '.'),
  vinyl_memory: dynamically('number', 128 * MiB, memory),
  vinyl_cache: dynamically('number', 128 * MiB),
  vinyl_max_tuple_size: dynamically('number', MiB),
  vinyl_read_threads: statically('number', 1),
  vinyl_write_threads: statically('number', 4),
  vinyl_timeout: dynamically('number', 60),
  vinyl_run_count_per_level: statically('number', 2),
  vinyl_run_size_ratio: statically(
    'number',
    3.5,
    number((ratio) => ratio > 1, 'must be greater than 1'),
  ),
  vinyl_range_size: statically('number'),
  vinyl_page_size: statically('number', 8192),
  vinyl_bloom_fpr: statically('number', 0.05),
  log: statically('string'),
  log_nonblock: statically(
    'boolean',
    undefined,
    () => 'the option is incompatible with file/stderr logger',
  ),
  io_collect_interval: dynamically('number'),
  readahead: dynamically(
    'number',
    16320,
    number((bytes) => bytes >= 128 && bytes <= 0xffffffff * 4, 'specified value is out of bounds'),
  ),
  snap_io_rate_limit: dynamically('number'),
  too_long_threshold: dynamically('number', 0.5),
  wal_mode: statically('string', 'write', (value) =>
    oneOf(String(value), 'none', 'write', 'fsync')(value),
  ),
  wal_max_size: statically(
    'number',
    256 * MiB,
    number((bytes) => bytes > 1, 'the value must be greater than one'),
  ),
  // 1.6's way to bound a log file; 2.6.0 refuses it, the manual's generation has it, so Bee keeps it.
  rows_per_wal: statically(
    'number',
    undefined,
    number((rows) => rows > 1, 'the value must be greater than one'),
  ),
  wal_dir_rescan_delay: dynamically('number', 2),
  force_recovery: dynamically('boolean', false),
  instance_uuid: statically('string', undefined, uuid),
  replicaset_uuid: statically('string', undefined, uuid),
  custom_proc_title: dynamically('string'),
  pid_file: statically('string'),
  background: statically('boolean', false),
  username: statically('string'),
  coredump: statically('boolean', false),
  read_only: dynamically('boolean', false),
  hot_standby: statically('boolean', false),
  checkpoint_wal_threshold: dynamically('number', 1e18),
  checkpoint_count: dynamically(
    'number',
    2,
    number((count) => count >= 1, 'the value must not be less than one'),
  ),
  worker_pool_threads: dynamically('number', 4),
  // "greather" is how the real server spells it.
  replication_timeout: dynamically(
    'number',
    1,
    number((seconds) => seconds > 0, 'the value must be greather than 0'),
  ),
  replication_sync_lag: dynamically(
    'number',
    10,
    number((lag) => lag > 0, positive),
  ),
  replication_sync_timeout: dynamically(
    'number',
    300,
    number((left) => left > 0, positive),
  ),
  replication_synchro_quorum: dynamically(
    'number',
    1,
    number((count) => count > 0 && count < 32, synchroQuorum),
  ),
  replication_synchro_timeout: dynamically(
    'number',
    5,
    number((seconds) => seconds > 0, 'the value must be greater than zero'),
  ),
  replication_connect_timeout: dynamically(
    'number',
    30,
    number((seconds) => seconds > 0, 'the value must be greather than 0'),
  ),
  replication_connect_quorum: dynamically(
    'number',
    undefined,
    number((count) => count >= 0, 'the value must be greater or equal to 0'),
  ),
  replication_skip_conflict: dynamically('boolean', false),
  replication_anon: dynamically('boolean', false),
  feedback_enabled: dynamically('boolean', true),
  feedback_host: dynamically('string', 'https://feedback.tarantool.io'),
  feedback_interval: dynamically('number', 3600),
  net_msg_max: dynamically(
    'number',
    768,
    number((count) => count >= 2, 'minimal value is 2'),
  ),
  sql_cache_size: dynamically(
    'number',
    5 * MiB,
    number((bytes) => bytes >= 0, 'must be non-negative'),
  ),
};

/**
 * The manual's generation of names. Bee takes both and goes on in the words that were used; where the old value
 * means something else it is translated.
 */
export const olderNames: Readonly<
  Record<string, { readonly name: string; readonly translate?: (old: OptionValue) => OptionValue }>
> = {
  snapshot_count: { name: 'checkpoint_count' },
  snapshot_period: { name: 'checkpoint_interval' },
  slab_alloc_arena: {
    name: 'memtx_memory',
    translate: (gigabytes) => Math.floor(Number(gigabytes) * 1024 * MiB),
  },
  slab_alloc_minimal: { name: 'memtx_min_tuple_size' },
  slab_alloc_maximal: { name: 'memtx_max_tuple_size' },
  snap_dir: { name: 'memtx_dir' },
  logger: { name: 'log' },
  logger_nonblock: { name: 'log_nonblock' },
  panic_on_snap_error: { name: 'force_recovery', translate: (panics) => panics === false },
  panic_on_wal_error: { name: 'force_recovery', translate: (panics) => panics === false },
  replication_source: { name: 'replication' },
};
