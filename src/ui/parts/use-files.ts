import { useCallback, useEffect, useRef, useState } from 'react';
import { errorText } from '../../bee/base/error-text.ts';
import { baseName, parentOf } from '../../shell/path.ts';
import type { XlogPart, XlogSummary } from '../../worker/xlog-worker.ts';
import { type FoundDirectory, findDirectories, isLogName, readFile } from '../machine/files.ts';
import type { LogReader } from '../machine/host.ts';
import type { Machine } from '../machine/machine.ts';

/** While servers write, the files are looked at again this often: often enough to see a row come, seldom enough to cost nothing. */
const refreshMs = 400;
/**
 * A file up to this size is read again whenever it grows: 2 MB take some milliseconds. Ten times that would be felt at each key
 * while a server writes; a larger file is read again when the reader says so.
 */
export const liveBytesMax = 2_000_000;
/** Parts asked for at a time: a few screens of rows. */
const pageSize = 200;
/** Files of the directory that are read for the names of spaces, up to so many bytes together. */
const namingBytesMax = 8 * 1024 * 1024;

/** The session's directories, listed again when a server or a shell may have changed them. */
export function useDirectories(machine: Machine): {
  readonly directories: readonly FoundDirectory[] | undefined;
  readonly refresh: () => void;
} {
  const [directories, setDirectories] = useState<readonly FoundDirectory[]>();
  const refresh = useCallback(() => {
    // Where the storage is lost the machine says so; the panel shows what was there.
    findDirectories(machine.host).then(setDirectories, () => undefined);
  }, [machine]);
  useEffect(() => {
    refresh();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = machine.store.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        refresh();
      }, refreshMs);
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [machine, refresh]);
  return { directories, refresh };
}

/** A file that is looked at. */
export interface ViewedFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Undefined when it is no log file. */
  readonly summary: XlogSummary | undefined;
  /** Why it is none, where its name says that it is one. */
  readonly error: string | undefined;
}

/** A viewed file and its parts, as far as they were asked for. */
export interface FileLooking {
  readonly file: ViewedFile | undefined;
  /** Why it cannot be read at all. */
  readonly problem: string | undefined;
  /** The part at a place in the file; undefined while it is on its way. */
  readonly part: (at: number) => XlogPart | undefined;
  /** Asks for parts, `first` to `last`. */
  readonly want: (first: number, last: number) => void;
  /** Parts from one on, not kept. */
  readonly fetch: (from: number, count: number) => Promise<readonly XlogPart[]>;
  /** The place of the part that a byte belongs to. */
  readonly find: (offset: number) => Promise<number>;
}

/**
 * Reads a file and, through a worker, its rows. Read again when it changes.
 * @param version changes with the file
 */
export function useFile(
  machine: Machine,
  path: string | undefined,
  version: string,
  siblings: FoundDirectory | undefined,
): FileLooking {
  const reader = useRef<LogReader>(undefined);
  const [state, setState] = useState<{ file?: ViewedFile; problem?: string }>({});
  const [parts, setParts] = useState<ReadonlyMap<number, XlogPart>>(new Map());
  const wanted = useRef(new Set<number>());
  const turn = useRef(0);
  const naming = useRef(siblings);
  naming.current = siblings;

  useEffect(
    () => () => {
      reader.current?.close();
      reader.current = undefined;
    },
    [],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` says that the file is another one
  useEffect(() => {
    const mine = ++turn.current;
    if (path === undefined) {
      setState({});
      return;
    }
    const open = async (): Promise<void> => {
      const bytes = await readFile(machine.host, path);
      const looked: ViewedFile = { path, bytes, summary: undefined, error: undefined };
      if (!isLogName(path)) {
        if (mine === turn.current) setState({ file: looked });
        return;
      }
      const others = await namers(machine, path, naming.current);
      if (mine !== turn.current) return;
      reader.current ??= machine.host.openLogReader();
      const opened = await reader.current.open({ name: baseName(path), bytes }, others);
      if (mine !== turn.current) return;
      wanted.current.clear();
      setParts((old) => (state.file?.path === path ? old : new Map()));
      setState({
        file: opened.ok
          ? { ...looked, summary: opened.summary }
          : { ...looked, error: opened.error },
      });
    };
    open().catch((error: unknown) => {
      const problem = errorText(error);
      if (mine === turn.current) setState({ problem });
    });
  }, [machine, path, version]);

  const { file } = state;
  const want = useCallback(
    (first: number, last: number): void => {
      // Another reading of the file, other parts: this function is another one then, too.
      if (file === undefined) return;
      const mine = turn.current;
      for (let page = Math.floor(first / pageSize); page * pageSize <= last; page++) {
        if (wanted.current.has(page) || reader.current === undefined) continue;
        wanted.current.add(page);
        const from = page * pageSize;
        reader.current.parts(from, pageSize).then(
          (found) => {
            if (mine !== turn.current) return;
            setParts((old) => {
              const next = new Map(old);
              for (const [at, part] of found.entries()) next.set(from + at, part);
              return next;
            });
          },
          // The reader was closed: nobody looks any more.
          () => {},
        );
      }
    },
    [file],
  );

  const fetch = useCallback(
    (from: number, count: number): Promise<readonly XlogPart[]> =>
      reader.current?.parts(from, count) ?? Promise.resolve([]),
    [],
  );
  const find = useCallback(
    (offset: number): Promise<number> => reader.current?.find(offset) ?? Promise.resolve(0),
    [],
  );
  const part = useCallback((at: number) => parts.get(at), [parts]);
  const isCurrent = state.file === undefined || state.file.path === path;
  return {
    file: isCurrent ? state.file : undefined,
    problem: state.problem,
    part,
    want,
    fetch,
    find,
  };
}

/** The files beside a log whose rows may name the spaces in it. */
async function namers(machine: Machine, path: string, directory: FoundDirectory | undefined) {
  let left = namingBytesMax;
  const chosen = (directory?.path === parentOf(path) ? directory.files : []).filter((file) => {
    if (file.path === path || !isLogName(file.name)) return false;
    left -= file.size;
    return left >= 0;
  });
  const read = chosen.map(async ({ name, path: other }) => ({
    name,
    bytes: await readFile(machine.host, other),
  }));
  // One that went away meanwhile names nothing.
  const settled = await Promise.allSettled(read);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}
