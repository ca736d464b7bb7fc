import { describe, expect, it } from 'vitest';
import { Config } from '../../src/bee/server/config.ts';
import type { OptionValue } from '../../src/bee/server/config-options.ts';

const prepare = (options: Record<string, OptionValue | undefined>, isConfigured = false) =>
  new Config().prepare(new Map(Object.entries(options)), isConfigured);

describe('Config', () => {
  it.each([
    [{ foo: 1 }, "Incorrect value for option 'foo': unexpected option"],
    [
      { listen: 'x:y:z' },
      "Incorrect value for option 'listen': expected host:service or /unix.socket",
    ],
    [
      { listen: true },
      "Incorrect value for option 'listen': should be one of types string, number",
    ],
    [{ read_only: 1 }, "Incorrect value for option 'read_only': should be of type boolean"],
    [{ wal_mode: 'x' }, "Incorrect value for option 'wal_mode': x"],
    [
      { checkpoint_count: 0 },
      "Incorrect value for option 'checkpoint_count': the value must not be less than one",
    ],
    [
      { replication_timeout: 0 },
      "Incorrect value for option 'replication_timeout': the value must be greather than 0",
    ],
    [
      { memtx_memory: -1 },
      "Incorrect value for option 'memtx_memory': must be >= 0 and <= 4398046510080, but it is -1",
    ],
    [{ instance_uuid: 'x' }, "Incorrect value for option 'instance_uuid': x"],
    [
      { replication_source: 'a:1', replication: 'b:1' },
      "Incorrect value for option 'replication_source': can not override a value for a deprecated option",
    ],
  ])('refuses %o in the real words', (options, words) => {
    expect(() => prepare(options)).toThrow(words);
  });

  it('refuses to change a static option of a running server, and takes it when it stays', () => {
    expect(() => prepare({ wal_mode: 'fsync' }, true)).toThrow(
      "Can't set option 'wal_mode' dynamically",
    );
    expect(prepare({ wal_mode: 'write' }, true).get('wal_mode')).toBe('write');
  });

  it('goes on under the name that was used', () => {
    const config = new Config();
    const changes = config.prepare(
      new Map([['replication_source', 'u:secret@localhost:3301']]),
      false,
    );
    for (const [name, value] of changes) config.set(name, value);
    expect(config.usedName('replication')).toBe('replication_source');
    expect(config.get('replication')).toEqual(config.get('replication_source'));
    expect(config.describe('replication', config.get('replication'))).toBe('["u@localhost:3301"]');
  });

  it('makes text of ports and lists of sources', () => {
    expect(prepare({ listen: 3301 }).get('listen')).toBe('3301');
    expect(prepare({ replication: 3301 }).get('replication')).toEqual(['3301']);
    expect(prepare({ replication: '' }).get('replication')).toEqual([]);
  });

  it('translates options whose meaning changed', () => {
    expect(prepare({ panic_on_wal_error: false }).get('force_recovery')).toBe(true);
    expect(prepare({ slab_alloc_arena: 0.5 }).get('memtx_memory')).toBe(512 * 1024 * 1024);
  });
});
