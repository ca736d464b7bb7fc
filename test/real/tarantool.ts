/**
 * The real server, where it is installed: `apt-get install tarantool` (2.6.0). Tests that need it are skipped by name where
 * it is not, so that a run without it says what it did not check.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';

/** What `tarantool -v` says first, or undefined where it is not installed. */
export const realVersion: string | undefined = findVersion();

/** A group of tests that need the real server; skipped, with the reason in its name, where there is none. */
export function describeReal(name: string, tests: () => void): void {
  if (realVersion !== undefined) describe(name, tests);
  else describe.skip(`${name} (skipped: no tarantool 2.6 here)`, tests);
}

/** What a command wrote and how it ended. */
export interface Ran {
  readonly output: string;
  readonly errors: string;
  readonly status: number | null;
}

/** Runs a Lua script in the real server, in a directory. */
export function runTarantool(cwd: string, script: string): Ran {
  const path = join(cwd, 'script.lua');
  writeFileSync(path, script);
  const ran = run('tarantool', ['script.lua'], cwd);
  rmSync(path);
  return ran;
}

/** Runs `tarantoolctl` in a directory. */
export function runTarantoolctl(cwd: string, ...args: string[]): Ran {
  return run('tarantoolctl', args, cwd);
}

/** A directory of its own for a real server, with files in it; removed by `remove`. */
export class RealDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'bee-real-'));

  /** @param files by name */
  constructor(files: Iterable<readonly [string, Uint8Array]> = []) {
    for (const [name, bytes] of files) writeFileSync(join(this.path, name), bytes);
  }

  /** Files by name. */
  files(): Map<string, Uint8Array> {
    return new Map(
      readdirSync(this.path)
        .sort()
        .map((name) => [name, new Uint8Array(readFileSync(join(this.path, name)))]),
    );
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function findVersion(): string | undefined {
  const { output, status } = run('tarantool', ['-v'], tmpdir());
  const version = output.split('\n')[0] ?? '';
  return status === 0 && version.startsWith('Tarantool 2.6.') ? version : undefined;
}

function run(command: string, args: readonly string[], cwd: string): Ran {
  const ran = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 60_000 });
  return { output: ran.stdout ?? '', errors: ran.stderr ?? '', status: ran.status };
}
