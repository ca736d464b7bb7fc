/** Takes a session out of a machine, and puts one into this browser. */
import { useSettings } from '../settings-store.ts';
import { findDirectories, makeDirectory, readFile, setModifiedAt, writeFile } from './files.ts';
import type { SessionHost } from './host.ts';
import type { Machine } from './machine.ts';
import type { SavedSession } from './session-file.ts';
import { keepTerminals } from './terminal-list.ts';
import { restoreTerminalState } from './terminal-state.ts';

/**
 * All that a session is. While servers run their files are taken as a crash would leave them, which is what they are made for.
 * @throws Error when a file cannot be read
 */
export async function saveSession(machine: Machine, name: string): Promise<SavedSession> {
  const directories = await findDirectories(machine.host);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  // One after the other, snapshots last: a log that a checkpoint has just removed is then in a snapshot that is there.
  const found = directories.flatMap((directory) => directory.files);
  const isSnapshot = (path: string): boolean => path.endsWith('.snap');
  for (const { path } of [
    ...found.filter((file) => !isSnapshot(file.path)),
    ...found.filter((file) => isSnapshot(file.path)),
  ]) {
    files.set(path, await readFile(machine.host, path));
  }
  const { terminals, servers } = machine.store.getState();
  const { layouts, arrangement } = useSettings.getState();
  return {
    files,
    content: {
      name,
      savedAt: Date.now() / 1000,
      terminals: terminals.flatMap((terminal) => {
        const controller = machine.controller(terminal.number);
        if (controller === undefined) return [];
        return [{ number: terminal.number, name: terminal.name, ...controller.state() }];
      }),
      servers: servers.map(({ terminal, cwd, command, isRunning, status }) => ({
        terminal,
        id: status?.id ?? 0,
        cwd,
        command,
        isRunning,
      })),
      directories: directories.map(({ path }) => path).filter((path) => path !== '/'),
      modifiedAt: new Map(
        [...directories, ...found].map(({ path, modifiedAt }) => [path, modifiedAt]),
      ),
      arrangement,
      layouts: playgroundOnly(layouts),
    },
  };
}

/**
 * Writes a session into an empty one of this browser; a machine that is made over it afterwards finds everything.
 * @throws Error when the browser refuses to store it
 */
export async function restoreSession(
  host: SessionHost,
  { content, files }: SavedSession,
): Promise<void> {
  if ((await host.open()) === 'held') throw new Error('another tab has this session open');
  for (const path of content.directories) await makeDirectory(host, path);
  for (const [path, bytes] of files) await writeFile(host, path, bytes);
  // When all is there: what comes into a directory changes it.
  for (const [path, at] of content.modifiedAt) {
    const isThere = path === '/' || files.has(path) || content.directories.includes(path);
    if (isThere) await setModifiedAt(host, path, at);
  }
  keepTerminals(host.sessionId, content.terminals);
  for (const { number, name: _, ...state } of content.terminals) {
    restoreTerminalState(host.sessionId, number, state);
  }
  const { layouts, set } = useSettings.getState();
  set({
    arrangement: content.arrangement,
    layouts: { ...layouts, ...playgroundOnly(content.layouts) },
  });
}

/** Sizes of the playground's panels; those of lessons are the reader's own. */
function playgroundOnly<T>(layouts: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(layouts).filter(([group]) => group.startsWith('playground')),
  );
}
