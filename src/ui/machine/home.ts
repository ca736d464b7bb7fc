import { findDirectories, makeDirectory, writeFile } from './files.ts';
import type { SessionHost } from './host.ts';

/**
 * The home directory, and the server's program where the manual has it, for whoever looks.
 * @throws Error when the session's storage refuses
 */
export async function makeHome(host: SessionHost, home: string): Promise<void> {
  await makeDirectory(host, `${home}/bee/src`);
  const path = `${home}/bee/src/bee`;
  const found = await host.request({ op: 'stat', path });
  if (found.ok) return;
  const text = '#!/usr/bin/env bee\n-- The server itself runs in a Web Worker of this page.\n';
  await writeFile(host, path, new TextEncoder().encode(text));
}

/** Removes all files and directories of a session. */
export async function removeAll(host: SessionHost): Promise<void> {
  const directories = await findDirectories(host);
  // Those below before those above.
  for (const { path, files } of directories.toReversed()) {
    for (const file of files) await host.request({ op: 'unlink', path: file.path });
    if (path !== '/') await host.request({ op: 'rmdir', path });
  }
}
