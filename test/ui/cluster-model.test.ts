import { describe, expect, test } from 'vitest';
import { arrivals, portOf, readCluster, vclockText } from '../../src/ui/cluster-model.ts';
import type { ServerInfo } from '../../src/ui/machine/machine-store.ts';
import type { LinkStatus } from '../../src/worker/messages.ts';

const home = '/home/user';

interface Wish {
  readonly id?: number;
  readonly vclock?: Record<number, number>;
  /** Status of its link to each server that it follows, by that one's id. */
  readonly follows?: Record<number, string>;
  readonly isRunning?: boolean;
  readonly exitCode?: number;
}

/** A server in the terminal of that number; it listens on 3300 and the number. */
function server(terminal: number, wish: Wish = {}): ServerInfo {
  const { id = terminal, vclock = {}, follows = {}, isRunning = true, exitCode } = wish;
  const upstream = (master: number, status: string): LinkStatus => ({
    status,
    peer: `replicator@localhost:${3300 + master}`,
    lag: 0.001,
    idle: 0.1,
    message: status === 'follow' ? undefined : 'Connection refused',
    vclock: undefined,
  });
  return {
    terminal,
    pid: 1000 + terminal,
    cwd: `${home}/node_${terminal}`,
    isRunning,
    isPaused: false,
    command: 'bee',
    exitCode,
    status: {
      pid: 1000 + terminal,
      uuid: `uuid-${terminal}`,
      clusterUuid: 'cluster',
      id,
      status: id === 0 ? 'unconfigured' : 'running',
      isReadOnly: false,
      listen: id === 0 ? '' : `0.0.0.0:${3300 + terminal}`,
      vclock,
      replication: Object.entries(follows).map(([master, status]) => ({
        id: Number(master),
        uuid: `uuid-${master}`,
        lsn: 0,
        upstream: upstream(Number(master), status),
        downstream: undefined,
      })),
      rowsWritten: 0,
    },
  };
}

const read = (...servers: ServerInfo[]) => readCluster(servers, [], home);

describe('roles, in words', () => {
  test('a master and its replica', () => {
    const { nodes, links } = read(server(1), server(2, { follows: { 1: 'follow' } }));
    expect(nodes.map((node) => node.role)).toEqual(['master of 2', 'replica of 1']);
    expect(links).toMatchObject([{ from: 1, to: 2, status: 'follow', isHealthy: true }]);
  });

  test('a paused server lets nothing travel, whatever its followers last said', () => {
    const paused = { ...server(1), isPaused: true };
    const { links } = read(paused, server(2, { follows: { 1: 'follow' } }));
    expect(links).toMatchObject([{ status: 'follow', isPaused: true }]);
    expect(read(server(1), server(2, { follows: { 1: 'follow' } })).links[0]?.isPaused).toBe(false);
  });

  test('two masters follow each other', () => {
    const one = server(1, { follows: { 2: 'follow' } });
    const { nodes } = read(one, server(2, { follows: { 1: 'follow' } }));
    expect(nodes[0]?.role).toBe('replica of 2 · master of 2');
  });

  test('a server before its first db.cfg says so, one without peers is alone', () => {
    const { nodes } = read(server(1, { id: 0 }), server(2));
    expect(nodes[0]).toMatchObject({ state: 'not configured', role: '', listen: '' });
    expect(nodes[1]).toMatchObject({ state: 'running', role: 'alone' });
  });
});

describe('what happened to a server', () => {
  test('a killed one and a stopped one are told apart, and follow nobody', () => {
    const killed = server(1, { isRunning: false, exitCode: 137, follows: { 2: 'follow' } });
    const { nodes, links } = read(killed, server(2, { isRunning: false, exitCode: 0 }));
    expect(nodes.map((node) => node.state)).toEqual(['killed', 'stopped']);
    expect(links).toEqual([]);
  });

  test('a link to a server that is gone stays, with the reason', () => {
    const gone = server(1, { isRunning: false, exitCode: 0 });
    const { links } = read(gone, server(2, { follows: { 1: 'disconnected' } }));
    expect(links).toMatchObject([
      { from: 1, to: 2, status: 'disconnected', isHealthy: false, message: 'Connection refused' },
    ]);
  });

  test('an upstream that is no server of this page is no link', () => {
    expect(read(server(2, { follows: { 9: 'follow' } })).links).toEqual([]);
  });

  test('a fault of the reader stands on the link between its two processes', () => {
    const servers = [server(1), server(2, { follows: { 1: 'follow' } })];
    const { links } = readCluster(servers, [{ pids: [1001, 1002], kind: 'cut' }], home);
    expect(links[0]?.fault).toBe('cut');
  });
});

describe('rows that arrived', () => {
  const before = read(
    server(1, { vclock: { 1: 5 } }),
    server(2, { vclock: { 1: 5 }, follows: { 1: 'follow' } }),
  );

  test('are shown on the link to who got them', () => {
    const now = read(
      server(1, { vclock: { 1: 7 } }),
      server(2, { vclock: { 1: 7 }, follows: { 1: 'follow' } }),
    );
    expect(arrivals(before, now)).toMatchObject([{ link: { from: 1, to: 2 }, rows: 2 }]);
  });

  test('are not shown before they are there, nor for own rows', () => {
    const ahead = read(
      server(1, { vclock: { 1: 7 } }),
      server(2, { vclock: { 1: 5, 2: 1 }, follows: { 1: 'follow' } }),
    );
    expect(arrivals(before, ahead)).toEqual([]);
  });

  test('may have come through a third server', () => {
    const chain = (lsn: number) =>
      read(
        server(1, { vclock: { 1: lsn } }),
        server(2, { vclock: { 1: lsn }, follows: { 1: 'follow' } }),
        server(3, { vclock: { 1: lsn }, follows: { 2: 'follow' } }),
      );
    const links = arrivals(chain(1), chain(2)).map(({ link }) => [link.from, link.to]);
    expect(links).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  test('of a server that was started again are its recovery, not a journey', () => {
    const again = { ...server(2, { vclock: { 1: 9 }, follows: { 1: 'follow' } }), pid: 2000 };
    expect(arrivals(before, read(server(1, { vclock: { 1: 9 } }), again))).toEqual([]);
  });
});

test('a vclock stands as the server writes it, a port without its host', () => {
  expect(
    vclockText([
      [1, 10],
      [2, 2],
    ]),
  ).toBe('{1: 10, 2: 2}');
  expect(['3301', '0.0.0.0:3301', ''].map(portOf)).toEqual(['3301', '3301', '']);
});
