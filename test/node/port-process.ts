/** A process of the contract suites in Node: a child whose paths all lie below one directory. */
import type { Disk } from '../../src/bee/env/index.ts';
import { NodeDisk } from '../../src/node/node-disk.ts';
import { NodeNetwork } from '../../src/node/node-network.ts';
import type { ToPorts } from '../contract/port-protocol.ts';
import { PortServer } from '../contract/port-server.ts';

const [, , root = ''] = process.argv;

function below(disk: Disk): Disk {
  const at = (path: string): string => (path === '/' ? root : root + path);
  return {
    open: (path, mode, done) => disk.open(at(path), mode, done),
    list: (path, done) => disk.list(at(path), done),
    stat: (path, done) => disk.stat(at(path), done),
    rename: (from, to, done) => disk.rename(at(from), at(to), done),
    unlink: (path, done) => disk.unlink(at(path), done),
    mkdir: (path, done) => disk.mkdir(at(path), done),
    rmdir: (path, done) => disk.rmdir(at(path), done),
    lock: (path, done) => disk.lock(at(path), done),
  };
}

const server = new PortServer(below(new NodeDisk()), new NodeNetwork(), (message) => {
  process.send?.(message);
});
// The parent sends nothing else.
process.on('message', (message) => server.hear(message as ToPorts));
