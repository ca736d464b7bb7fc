import type { Clock, Connection, Disk, Done, Env, Network, OpenFile } from '../env/index.ts';

/**
 * What can happen to an instance: a closed list. The host never runs the instance's code, it only posts one of these.
 * `deliver` is the continuation of the call that asked for it, run inside the next turn.
 */
export type InstanceEvent =
  | { readonly kind: 'disk' | 'network' | 'timer'; readonly deliver: () => void }
  | { readonly kind: 'console'; readonly deliver: () => void }
  | { readonly kind: 'stop'; readonly deliver: () => void };

type Post = (event: InstanceEvent) => void;

/**
 * Wraps the ports so that every callback becomes an event of the instance (DESIGN D1): code in `src/bee` that passes a
 * callback to a port may count on it running inside a turn.
 * @param env the host's ports
 * @param post puts an event into the instance's inbox
 */
export function turnEnv(env: Env, post: Post): Env {
  return {
    ...env,
    clock: turnClock(env.clock, post),
    disk: turnDisk(env.disk, post),
    network: turnNetwork(env.network, post),
  };
}

function turnClock(clock: Clock, post: Post): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    cpu: () => clock.cpu(),
    utcOffset: (at) => clock.utcOffset(at),
    timer: (seconds, fire) => {
      let isCancelled = false;
      const cancel = clock.timer(seconds, () =>
        post({ kind: 'timer', deliver: () => (isCancelled ? undefined : fire()) }),
      );
      // Cancelled between firing and its turn: the event is in the inbox already and must do nothing.
      return () => {
        isCancelled = true;
        cancel();
      };
    },
  };
}

function turnDisk(disk: Disk, post: Post): Disk {
  const later =
    <T>(done: Done<T>): Done<T> =>
    (result) =>
      post({ kind: 'disk', deliver: () => done(result) });
  return {
    open: (path, mode, done) =>
      disk.open(path, mode, (result) =>
        post({
          kind: 'disk',
          deliver: () =>
            done(result.ok ? { ok: true, value: turnFile(result.value, later) } : result),
        }),
      ),
    list: (path, done) => disk.list(path, later(done)),
    stat: (path, done) => disk.stat(path, later(done)),
    rename: (from, to, done) => disk.rename(from, to, later(done)),
    unlink: (path, done) => disk.unlink(path, later(done)),
    mkdir: (path, done) => disk.mkdir(path, later(done)),
    rmdir: (path, done) => disk.rmdir(path, later(done)),
    lock: (path, done) => disk.lock(path, later(done)),
  };
}

function turnFile(file: OpenFile, later: <T>(done: Done<T>) => Done<T>): OpenFile {
  return {
    size: file.size,
    append: (bytes, durability, done) => file.append(bytes, durability, later(done)),
    read: (offset, length, done) => file.read(offset, length, later(done)),
    truncate: (size, done) => file.truncate(size, later(done)),
    close: (done) => file.close(later(done)),
  };
}

function turnNetwork(network: Network, post: Post): Network {
  return {
    listen: (host, port, accept, done) =>
      network.listen(
        host,
        port,
        (connection) => {
          const wrapped = turnConnection(connection, post);
          post({ kind: 'network', deliver: () => accept(wrapped) });
        },
        (result) => post({ kind: 'network', deliver: () => done(result) }),
      ),
    connect: (host, port, done) =>
      network.connect(host, port, (result) => {
        // Wrapped at once, not in the turn: data may be posted before that turn and must queue behind it.
        const wrapped = result.ok
          ? { ok: true as const, value: turnConnection(result.value, post) }
          : result;
        post({ kind: 'network', deliver: () => done(wrapped) });
      }),
  };
}

function turnConnection(connection: Connection, post: Post): Connection {
  const wrapped: Connection = {
    fd: connection.fd,
    localAddress: connection.localAddress,
    peerAddress: connection.peerAddress,
    send: (bytes) => connection.send(bytes),
    pause: (paused) => connection.pause(paused),
    close: () => connection.close(),
    onEvent: () => undefined,
  };
  connection.onEvent = (event) => post({ kind: 'network', deliver: () => wrapped.onEvent(event) });
  return wrapped;
}
