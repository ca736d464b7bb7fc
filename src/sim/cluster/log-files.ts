import { readXlogBytes, type XlogBytes } from '../../bee/wal/xlog-bytes.ts';
import type { SimFileSystem } from '../sim-file-system.ts';

/**
 * The files of one server, oldest first, read without the server's own recovery: the second opinion that the checkers hold against
 * memory, and against the files of the other servers.
 */
export interface ServerFiles {
  readonly snapshots: readonly XlogBytes[];
  readonly logs: readonly XlogBytes[];
}

/** Reads a server's directory. Files under way (`.inprogress`) and those that were set aside are passed over. */
export function readServerFiles(files: SimFileSystem, directory: string): ServerFiles {
  const snapshots: XlogBytes[] = [];
  const logs: XlogBytes[] = [];
  for (const [path, node] of files.files(directory)) {
    const [, name, kind] = /\/(\d{20}\.(snap|xlog))$/.exec(path) ?? [];
    if (name === undefined) continue;
    const file = readXlogBytes(name, node.read(0, node.size));
    if (kind === 'snap') snapshots.push(file);
    else logs.push(file);
  }
  return { snapshots, logs };
}
