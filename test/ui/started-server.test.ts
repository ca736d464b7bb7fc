/** What is typed to have back a server that ended with the page. */
import { describe, expect, test } from 'vitest';
import { ConfigRecord, linesToStart } from '../../src/ui/machine/started-server.ts';

/** Statements of one line each. */
function recorded(...lines: readonly string[]): readonly string[] {
  const record = new ConfigRecord();
  for (const line of lines) record.note(line, false);
  return record.statements;
}

describe('what configures a server is remembered', () => {
  test('and nothing else that was typed', () => {
    expect(recorded('s = 1', 'db.cfg{listen=3301}', 'db.cfg', 'return db.cfg.listen')).toEqual([
      'db.cfg{listen=3301}',
    ]);
  });

  test('each statement, unless later ones set all of it anew', () => {
    expect(
      recorded(
        'db.cfg{listen=3301}',
        "db.cfg{replication_source='localhost:3302'}",
        "db.cfg{replication_source=''}",
      ),
    ).toEqual(['db.cfg{listen=3301}', "db.cfg{replication_source=''}"]);
  });

  test('without what was done in the same line', () => {
    expect(
      recorded("db.cfg{replication_source={'a}', \"b\"}}; db.schema.space.create('t')"),
    ).toEqual(['db.cfg{replication_source={\'a}\', "b"}}']);
  });

  test('over several lines, and not when it was never ended', () => {
    const record = new ConfigRecord();
    record.note('db.cfg{', false);
    expect(record.statements).toEqual([]);
    record.note('  listen=3301', true);
    record.note('}', true);
    record.note('for i = 1, 2 do', false);
    record.note('end', true);
    expect(record.statements).toEqual(['db.cfg{\n  listen=3301\n}']);
  });
});

describe('it is typed', () => {
  const server = { cwd: '/home/user/one', command: 'bee', statements: ['db.cfg{\nlisten=1}'] };

  test('line by line', () => {
    expect(linesToStart(server, server.cwd)).toEqual(['bee', 'db.cfg{', 'listen=1}']);
  });

  test('in the directory where it was', () => {
    expect(linesToStart(server, '/home/user')[0]).toBe('cd /home/user/one');
    expect(linesToStart({ ...server, cwd: "/home/user/a b'c" }, '/')[0]).toBe(
      "cd '/home/user/a b'\\''c'",
    );
  });
});
