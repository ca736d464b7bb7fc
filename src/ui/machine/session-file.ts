/**
 * A whole session as bytes: files of all servers, what the terminals showed, how they stood. The same bytes are a file to keep and,
 * while they are few, a link.
 *
 * 1. The bytes are a zip, so that anybody can look inside: `session.json`, and each file under `files/`.
 * 2. `session.json` names every file with its size, its CRC-32C and its time, and has a checksum of itself: what was damaged on its way is refused
 *    as a whole, because half a session looks like a server that lost data.
 * 3. A link is the zip in base64url. Everything in it stays in the address's fragment: it reaches no server.
 *
 * What comes in was made by somebody else: nothing of it is believed before `readContent` has looked at it, and nothing in it runs.
 */

import type { Zippable } from 'fflate';
import { crc32c } from '../../bee/base/crc32c.ts';
import { errorText } from '../../bee/base/error-text.ts';
import { resolve } from '../../shell/path.ts';
import { type Arrangement, readArrangement, readLayouts } from '../arrangement.ts';
import { zipTime } from './files.ts';
import { isRecord, strings } from './kept.ts';
import { type ListedTerminal, readTerminals } from './terminal-list.ts';
import type { TerminalState } from './terminal-state.ts';

/** Goes up when an older page could not read what a newer one writes. */
const formatVersion = 1;
/** More than a page should hold at once. */
const filesBytesMax = 256 * 1024 * 1024;
/**
 * Three servers with little in them make about 36,000. Every browser takes 64,000 in an address; ten times that some cut off, and no
 * chat carries it.
 */
export const linkCharactersMax = 64_000;

/** A terminal as it is restored. */
export type SavedTerminal = ListedTerminal & TerminalState;

/** A server that ran, or had run, when the session was saved: told to whoever opens it. */
export interface SavedServer {
  readonly terminal: number;
  readonly id: number;
  readonly cwd: string;
  readonly command: string;
  readonly isRunning: boolean;
}

/** A session without the bytes of its files. */
export interface SessionContent {
  readonly name: string;
  /** Seconds since 1970. */
  readonly savedAt: number;
  readonly terminals: readonly SavedTerminal[];
  readonly servers: readonly SavedServer[];
  /** Absolute paths, each behind the one above it. */
  readonly directories: readonly string[];
  /** When files and directories were last changed, by path, in seconds since 1970; a path without one is new where it is restored. */
  readonly modifiedAt: ReadonlyMap<string, number>;
  readonly arrangement: Arrangement;
  readonly layouts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A session with everything in it. */
export interface SavedSession {
  readonly content: SessionContent;
  /** By absolute path. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Bytes that are no session, with the reason in words for the reader. */
export class SessionError extends Error {}

/** A session as a zip. */
export async function packSession({
  content,
  files,
}: SavedSession): Promise<Uint8Array<ArrayBuffer>> {
  const { zipSync, strToU8 } = await import('fflate');
  const listed = [...files].map(([path, bytes]) => ({
    path,
    size: bytes.length,
    crc32c: crc32c(bytes),
  }));
  const inner = JSON.stringify({
    ...content,
    modifiedAt: Object.fromEntries(content.modifiedAt),
    files: listed,
  });
  const head = { format: 'bee-session', version: formatVersion, crc32c: crc32c(strToU8(inner)) };
  // The content is a string inside, so that its checksum is of just those characters.
  const entries: Zippable = {
    'session.json': strToU8(JSON.stringify({ ...head, content: inner })),
  };
  for (const [path, bytes] of files) {
    const mtime = zipTime(content.modifiedAt.get(path) ?? content.savedAt);
    entries[`files${path}`] = [bytes, { mtime }];
  }
  return zipSync(entries, { level: 9, mtime: zipTime(content.savedAt) });
}

/** Reads what `packSession` made. @throws SessionError */
export async function unpackSession(bytes: Uint8Array): Promise<SavedSession> {
  const { unzipSync, strFromU8 } = await import('fflate');
  let entries: Record<string, Uint8Array>;
  let total = 0;
  try {
    entries = unzipSync(bytes, {
      filter: ({ originalSize }) => {
        total += originalSize;
        if (total > filesBytesMax) throw new Error('it holds more than 256 MB');
        return true;
      },
    });
  } catch (error) {
    const why = errorText(error);
    throw new SessionError(`This is no session of Bee, or only a part of one (${why}).`);
  }
  const head = entries['session.json'];
  if (head === undefined) {
    throw new SessionError('This is a zip file, but no session of Bee: it has no session.json.');
  }
  const { content, listed } = readHead(strFromU8(head));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { path, size, checksum } of listed) {
    const found = entries[`files${path}`];
    if (found === undefined) throw new SessionError(`The session lacks its file ${path}.`);
    if (found.length !== size || crc32c(found) !== checksum) {
      throw new SessionError(`The session was damaged on its way: ${path} is not what was saved.`);
    }
    files.set(path, found.slice());
  }
  return { content, files };
}

interface ListedFile {
  readonly path: string;
  readonly size: number;
  readonly checksum: number;
}

function readHead(text: string): { content: SessionContent; listed: ListedFile[] } {
  const head = parse(text);
  const { format, version, crc32c: checksum, content } = head;
  if (format !== 'bee-session') throw new SessionError('This is a session, but not one of Bee.');
  if (typeof version !== 'number' || version > formatVersion) {
    throw new SessionError(
      `This session was saved by a newer Bee (format ${String(version)}; this page knows ${formatVersion}). Reload the page to get the newest.`,
    );
  }
  if (typeof content !== 'string' || crc32c(new TextEncoder().encode(content)) !== checksum) {
    throw new SessionError('The session was damaged on its way: its checksum is wrong.');
  }
  return readContent(parse(content));
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Said below.
  }
  throw new SessionError('The session was damaged on its way: session.json cannot be read.');
}

function readContent(value: Record<string, unknown>): {
  content: SessionContent;
  listed: ListedFile[];
} {
  const listed = records(value['files']).map(({ path, size, crc32c: checksum }) => {
    if (typeof size !== 'number' || typeof checksum !== 'number') {
      throw new SessionError('The session lists a file without its size or checksum.');
    }
    return { path: readPath(path), size, checksum };
  });
  const terminals = readTerminals(value['terminals']).map((one): SavedTerminal => {
    const saved = records(value['terminals']).find(({ number }) => number === one.number) ?? {};
    return {
      ...one,
      cwd: readPath(saved['cwd']),
      transcript: strings(saved['transcript']),
      shellHistory: strings(saved['shellHistory']),
      consoleHistory: strings(saved['consoleHistory']),
    };
  });
  if (terminals.length === 0) throw new SessionError('The session has no terminal.');
  const servers = records(value['servers']).map(
    ({ terminal, id, cwd, command, isRunning }): SavedServer => ({
      terminal: Number(terminal),
      id: Number(id),
      cwd: readPath(cwd),
      command: String(command),
      isRunning: isRunning === true,
    }),
  );
  const { name, savedAt, directories, modifiedAt, arrangement, layouts } = value;
  const content: SessionContent = {
    name: typeof name === 'string' ? name.slice(0, 80) : '',
    savedAt: typeof savedAt === 'number' ? savedAt : 0,
    terminals,
    servers,
    directories: (Array.isArray(directories) ? directories : []).map(readPath),
    modifiedAt: readTimes(modifiedAt),
    arrangement: readArrangement(arrangement),
    layouts: readLayouts(layouts),
  };
  return { content, listed };
}

/** Sessions that were saved by the first Bee have no times. */
function readTimes(value: unknown): Map<string, number> {
  const times = new Map<string, number>();
  for (const [path, at] of Object.entries(isRecord(value) ? value : {})) {
    if (typeof at !== 'number') throw new SessionError(`The session names no time for ${path}.`);
    times.set(readPath(path), at);
  }
  return times;
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** An absolute path without tricks. */
function readPath(path: unknown): string {
  if (typeof path === 'string' && resolve('/', path) === path) return path;
  throw new SessionError(`The session names a path that is none: ${JSON.stringify(path)}.`);
}

/** A session's bytes as the last part of a link. */
export function toLinkText(bytes: Uint8Array): string {
  let text = '';
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The bytes of a link. @throws SessionError */
export function fromLinkText(text: string): Uint8Array<ArrayBuffer> {
  try {
    const decoded = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(decoded, (char) => char.charCodeAt(0));
  } catch {
    throw new SessionError('The link is damaged: it holds characters that no such link has.');
  }
}
