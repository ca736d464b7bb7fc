import type { LinkStatus } from '../worker/messages.ts';
import type { LinkFault, ServerInfo } from './machine/machine-store.ts';

/** A server as the cluster strip shows it; each field is something that `db.info` would confirm. */
export interface ClusterNode {
  readonly terminal: number;
  /** 0 before the first db.cfg. */
  readonly id: number;
  readonly name: string;
  /** The directory that it was started in. */
  readonly cwd: string;
  readonly pid: number;
  readonly isRunning: boolean;
  readonly isPaused: boolean;
  /** What starts it. */
  readonly command: string;
  readonly state: string;
  readonly role: string;
  readonly listen: string;
  /** Each server id and its LSN, in order of the ids. */
  readonly vclock: readonly (readonly [number, number])[];
  readonly rowsWritten: number;
}

/** One server follows another: rows travel from `from` to `to`. Both are terminals. */
export interface ClusterLink {
  readonly from: number;
  readonly to: number;
  /** The follower's word for it: `follow`, `disconnected`, … */
  readonly status: string;
  readonly isHealthy: boolean;
  /** Seconds. */
  readonly lag: number | undefined;
  readonly message: string | undefined;
  /** One of its servers is stopped where it is: nothing travels, whatever the status said last. */
  readonly isPaused: boolean;
  /** What the reader put on it. */
  readonly fault: LinkFault['kind'] | undefined;
}

export interface Cluster {
  readonly nodes: readonly ClusterNode[];
  readonly links: readonly ClusterLink[];
}

/** Statuses of a link on which rows flow, or are about to. */
const healthy = new Set(['follow', 'sync', 'ready', 'join', 'initial_join', 'final_join']);

/** Reads the cluster from what its servers say of themselves. */
export function readCluster(
  servers: readonly ServerInfo[],
  faults: readonly LinkFault[],
  home: string,
): Cluster {
  const links = servers.flatMap((server) => linksTo(server, servers, faults));
  const nodes = servers.map((server): ClusterNode => {
    const { status } = server;
    return {
      terminal: server.terminal,
      id: status?.id ?? 0,
      name: server.cwd === home ? '~' : server.cwd.slice(server.cwd.lastIndexOf('/') + 1) || '/',
      cwd: server.cwd,
      pid: server.pid,
      isRunning: server.isRunning,
      isPaused: server.isPaused,
      command: server.command,
      state: stateWord(server),
      role: server.isRunning ? roleWords(server, servers, links) : '',
      listen: status?.listen ?? '',
      vclock: Object.entries(status?.vclock ?? {}).map(([id, lsn]) => [Number(id), lsn] as const),
      rowsWritten: status?.rowsWritten ?? 0,
    };
  });
  return { nodes, links };
}

/** The upstreams of a running server, as far as they are servers of this page. */
function linksTo(
  server: ServerInfo,
  servers: readonly ServerInfo[],
  faults: readonly LinkFault[],
): ClusterLink[] {
  if (!server.isRunning) return [];
  return (server.status?.replication ?? []).flatMap((peer) => {
    const { upstream } = peer;
    const source = servers.find(
      (one) =>
        one.terminal !== server.terminal &&
        (one.status?.uuid === peer.uuid || isAt(one, upstream?.peer)),
    );
    if (upstream === undefined || source === undefined) return [];
    const fault = faults.find(({ pids }) => pids.includes(server.pid) && pids.includes(source.pid));
    const isPaused = source.isPaused || server.isPaused;
    return [
      { ...linkOf(source.terminal, server.terminal, upstream), isPaused, fault: fault?.kind },
    ];
  });
}

function linkOf(
  from: number,
  to: number,
  upstream: LinkStatus,
): Omit<ClusterLink, 'isPaused' | 'fault'> {
  const { status, lag, message } = upstream;
  return { from, to, status, isHealthy: healthy.has(status), lag, message };
}

/** Whether a server listens where a peer, `replicator@localhost:3301`, says. */
function isAt(server: ServerInfo, peer: string | undefined): boolean {
  const port = peer?.slice(peer.lastIndexOf(':') + 1);
  return port !== undefined && port !== '' && portOf(server.status?.listen ?? '') === port;
}

/** `3301` of `3301`, `localhost:3301` or `0.0.0.0:3301`. */
export function portOf(listen: string): string {
  return listen.slice(listen.lastIndexOf(':') + 1);
}

function stateWord(server: ServerInfo): string {
  if (!server.isRunning) return server.exitCode === 137 ? 'killed' : 'stopped';
  if (server.isPaused) return 'paused';
  const { status } = server;
  if (status === undefined || status.status === 'unconfigured') return 'not configured';
  if (status.status === 'orphan') return 'orphan, read-only';
  return status.isReadOnly ? `${status.status}, read-only` : status.status;
}

/** "master of 2", "replica of 1, master of 2", or nothing when it stands alone. */
function roleWords(
  server: ServerInfo,
  servers: readonly ServerInfo[],
  links: readonly ClusterLink[],
): string {
  const id = (terminal: number): string => {
    const known = servers.find((one) => one.terminal === terminal)?.status?.id ?? 0;
    return known === 0 ? `Terminal #${terminal}` : String(known);
  };
  const followed = links.filter((link) => link.to === server.terminal).map((link) => link.from);
  const followers = links.filter((link) => link.from === server.terminal).map((link) => link.to);
  const words: string[] = [];
  if (followed.length > 0) words.push(`replica of ${followed.map(id).join(', ')}`);
  if (followers.length > 0) words.push(`master of ${followers.map(id).join(', ')}`);
  if (words.length === 0 && (server.status?.id ?? 0) > 0) words.push('alone');
  return words.join(' · ');
}

/** `{1: 10, 2: 2}`, as the server writes it. */
export function vclockText(vclock: ClusterNode['vclock']): string {
  return `{${vclock.map(([id, lsn]) => `${id}: ${lsn}`).join(', ')}}`;
}

/** The links on which rows came since an earlier look, with how many: what the travelling mark shows. */
export function arrivals(before: Cluster, now: Cluster): { link: ClusterLink; rows: number }[] {
  return now.nodes.flatMap((node) => {
    const old = before.nodes.find((one) => one.terminal === node.terminal && one.pid === node.pid);
    if (old === undefined || !node.isRunning) return [];
    return node.vclock.flatMap(([origin, lsn]) => {
      const rows = lsn - (old.vclock.find(([id]) => id === origin)?.[1] ?? 0);
      if (rows <= 0 || origin === node.id || old.id === 0) return [];
      const incoming = now.links.filter((link) => link.to === node.terminal && link.isHealthy);
      // From the server that made them, if there is a link from it; else they came through another.
      const maker = now.nodes.find((one) => one.id === origin)?.terminal;
      const link = incoming.find((one) => one.from === maker) ?? incoming[0];
      return link === undefined ? [] : [{ link, rows }];
    });
  });
}
