import type { FileFailure, FileRequest, FileStat } from '../../src/shell/file-system.ts';
import type { Perform, ShellRequest } from '../../src/shell/task.ts';

/** A file system in a map, for tests of the shell: what the session's file system answers, at once. */
export class MemoryFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly directories = new Set<string>(['/', '/home', '/home/user']);
  readonly times = new Map<string, number>();
  /** Seconds since 1970. */
  now = 1_763_840_000;
  /** Requests to run a server, in order; each is answered with this status. */
  readonly runs: { args: readonly string[]; cwd: string }[] = [];
  exitStatus = 0;

  put(path: string, text: string | Uint8Array): void {
    this.files.set(path, typeof text === 'string' ? new TextEncoder().encode(text) : text);
    this.times.set(path, this.now);
  }

  text(path: string): string | undefined {
    const bytes = this.files.get(path);
    return bytes && new TextDecoder().decode(bytes);
  }

  readonly perform: Perform = (request, reply) => reply(this.answer(request));

  answer(request: ShellRequest): unknown {
    switch (request.kind) {
      case 'file': {
        const value = this.#file(request.request);
        return typeof value === 'string'
          ? { ok: false, error: { code: value, message: value } satisfies FileFailure }
          : { ok: true, value };
      }
      case 'run':
        this.runs.push({ args: request.args, cwd: request.cwd });
        return this.exitStatus;
      case 'sleep':
        return undefined;
      case 'xlog':
        return { ok: true, value: `rows of ${request.path}\n` };
    }
  }

  /** A string is the code of an error. */
  #file(request: FileRequest): unknown {
    if (request.op === 'rename') return this.#rename(request.from, request.to);
    const { path } = request;
    const found = this.#stat(path);
    const parent = this.#stat(path.slice(0, path.lastIndexOf('/')) || '/');
    switch (request.op) {
      case 'stat':
        return found;
      case 'list':
        if (typeof found === 'string') return found;
        return found.kind === 'directory' ? this.#list(path) : 'ENOTDIR';
      case 'read':
        if (typeof found === 'string') return found;
        return this.files.get(path) ?? 'EISDIR';
      case 'mkdir':
        if (typeof parent === 'string') return parent;
        if (parent.kind === 'file') return 'ENOTDIR';
        if (typeof found !== 'string') return 'EEXIST';
        this.directories.add(path);
        return undefined;
      case 'rmdir':
        if (typeof found === 'string') return found;
        if (found.kind === 'file') return 'ENOTDIR';
        if (this.#list(path).length > 0) return 'ENOTEMPTY';
        this.directories.delete(path);
        return undefined;
      case 'unlink':
        if (typeof found === 'string') return found;
        return this.files.delete(path) ? undefined : 'EISDIR';
      case 'write': {
        if (typeof parent === 'string') return parent;
        if (parent.kind === 'file') return 'ENOTDIR';
        if (this.directories.has(path)) return 'EISDIR';
        const old = request.how === 'append' ? this.files.get(path) : undefined;
        this.put(path, new Uint8Array([...(old ?? []), ...request.bytes]));
        return undefined;
      }
      case 'touch':
        if (typeof parent === 'string') return parent;
        if (typeof found === 'string') this.put(path, '');
        this.times.set(path, request.at ?? this.now);
        return undefined;
    }
  }

  #stat(path: string): FileStat | string {
    const modifiedAt = this.times.get(path) ?? this.now;
    if (this.directories.has(path)) return { kind: 'directory', size: 4096, modifiedAt };
    const bytes = this.files.get(path);
    if (bytes !== undefined) return { kind: 'file', size: bytes.length, modifiedAt };
    const isBelowFile = [...this.files.keys()].some((file) => path.startsWith(`${file}/`));
    return isBelowFile ? 'ENOTDIR' : 'ENOENT';
  }

  #list(path: string): (FileStat & { name: string })[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    return [...this.directories, ...this.files.keys()]
      .filter((one) => one.startsWith(prefix) && one !== path)
      .map((one) => one.slice(prefix.length))
      .filter((name) => name !== '' && !name.includes('/'))
      .sort()
      .flatMap((name) => {
        const stat = this.#stat(prefix + name);
        return typeof stat === 'string' ? [] : [{ ...stat, name }];
      });
  }

  #rename(from: string, to: string): unknown {
    if (typeof this.#stat(from) === 'string') return 'ENOENT';
    for (const path of [...this.directories, ...this.files.keys()]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      const target = to + path.slice(from.length);
      const bytes = this.files.get(path);
      if (bytes === undefined) this.directories.add(target);
      else this.put(target, bytes);
      this.files.delete(path);
      this.directories.delete(path);
    }
    return undefined;
  }
}
