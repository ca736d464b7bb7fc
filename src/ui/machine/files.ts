/** Files of a session for the file panel, and for what carries a session away: whole files, whole trees. */
import type { Zippable } from 'fflate';
import type { DirectoryEntry, FileRequest, FileStat } from '../../shell/file-system.ts';
import { parentOf } from '../../shell/path.ts';
import type { Outcome } from '../../shell/task.ts';
import type { SessionHost } from './host.ts';

/** A file, wherever it lies. */
export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
}

/** A directory with the files that lie in it, not below it. */
export interface FoundDirectory {
  readonly path: string;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  readonly files: readonly FoundFile[];
}

type FileHost = Pick<SessionHost, 'request'>;

/** A request's outcome as its value. @throws Error with the file and what is wrong with it */
async function ask<T>(host: FileHost, request: FileRequest): Promise<T> {
  // Which reply a request has is fixed in shell/task.ts, which casts the same way.
  const outcome = (await host.request(request)) as Outcome<T>;
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.error.message);
}

/**
 * All directories of a session, those above before those below.
 * @throws Error when one cannot be read; one that was removed since it was listed is left out
 */
export async function findDirectories(host: FileHost): Promise<FoundDirectory[]> {
  const { modifiedAt } = await ask<FileStat>(host, { op: 'stat', path: '/' });
  return directoriesBelow(host, '/', modifiedAt);
}

async function directoriesBelow(
  host: FileHost,
  root: string,
  modifiedAt: number,
): Promise<FoundDirectory[]> {
  // As in `ask`.
  const listed = (await host.request({ op: 'list', path: root })) as Outcome<
    readonly DirectoryEntry[]
  >;
  if (!listed.ok && listed.error.code === 'ENOENT') return [];
  if (!listed.ok) throw new Error(listed.error.message);
  const entries = listed.value;
  const at = (name: string): string => (root === '/' ? `/${name}` : `${root}/${name}`);
  const files = entries
    .filter(({ kind }) => kind === 'file')
    .map(({ name, size, modifiedAt }) => ({ path: at(name), name, size, modifiedAt }));
  const below = await Promise.all(
    entries
      .filter(({ kind }) => kind === 'directory')
      .map((found) => directoriesBelow(host, at(found.name), found.modifiedAt)),
  );
  return [{ path: root, modifiedAt, files }, ...below.flat()];
}

/** @throws Error with the file and what is wrong with it */
export function readFile(host: FileHost, path: string): Promise<Uint8Array<ArrayBuffer>> {
  return ask(host, { op: 'read', path });
}

/** Makes or replaces a file, and the directories above it. @throws Error as above */
export async function writeFile(host: FileHost, path: string, bytes: Uint8Array): Promise<void> {
  await makeDirectory(host, parentOf(path));
  await ask(host, { op: 'write', path, bytes, how: 'replace' });
}

/** Sets when a file or a directory was changed, in seconds since 1970. @throws Error as above */
export async function setModifiedAt(host: FileHost, path: string, at: number): Promise<void> {
  await ask(host, { op: 'touch', path, at });
}

/** Makes a directory and those above it; it may be there. @throws Error as above */
export async function makeDirectory(host: FileHost, path: string): Promise<void> {
  let above = '';
  for (const name of path.split('/').filter((part) => part !== '')) {
    above += `/${name}`;
    const made = await host.request({ op: 'mkdir', path: above });
    if (made.ok || made.error.code === 'EEXIST') continue;
    throw new Error(made.error.message);
  }
}

/** Whether a name is that of a log or a snapshot. */
export function isLogName(name: string): boolean {
  return /\.(?:snap|xlog)$/.test(name);
}

/** Hands bytes to the browser as a file to keep. */
export function download(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the bytes when the click was dealt with, but not all say when that is.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A directory's files as a zip. */
export async function zipDirectory(
  host: FileHost,
  directory: FoundDirectory,
): Promise<Uint8Array<ArrayBuffer>> {
  const [{ zipSync }, contents] = await Promise.all([
    import('fflate'),
    Promise.all(directory.files.map(({ path }) => readFile(host, path))),
  ]);
  const entries: Zippable = {};
  for (const [at, { name, modifiedAt }] of directory.files.entries()) {
    entries[name] = [contents[at] ?? new Uint8Array(), { mtime: zipTime(modifiedAt) }];
  }
  return zipSync(entries, { level: 6 });
}

/** A time in seconds since 1970 as a zip can hold it: it knows none before 1980, and none after 2099. */
export function zipTime(modifiedAt: number): Date {
  const [first, last] = [Date.UTC(1980, 0, 2), Date.UTC(2099, 0, 1)];
  return new Date(Math.min(Math.max(modifiedAt * 1000, first), last));
}

/** `1.4 kB`; exact below 1,000 bytes. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  for (const [unit, size] of [
    ['kB', 1e3],
    ['MB', 1e6],
    ['GB', 1e9],
  ] as const) {
    const value = bytes / size;
    if (value < 999.5 || unit === 'GB')
      return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
  }
  return `${bytes} B`;
}
