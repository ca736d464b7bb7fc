/**
 * The house rules that the compiler and the linter do not know. Each failure says where and what to
 * do instead.
 *
 * - who may import whom (DESIGN section 3), packages included; what the page's bundle reaches,
 * - what the pure part may not name although the language has it: the simulator owns time, chance
 *   and suspension,
 * - the browser's storage, channels and locks are named in src/browser only,
 * - `any` and `as` carry a reason; no leftovers; names and places of files; nothing of one machine
 *   in any file.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  parseSource,
  projectFiles,
  root,
  runtimeClosure,
  type SourceFile,
  sourceFile,
} from './tools/source-tree.ts';

const files = projectFiles();
const code = files.filter((path) => /\.tsx?$/.test(path));
/** Declarations of what the build tool adds belong to no part. */
const sources = code.filter((path) => path.startsWith('src/') && path !== 'src/vite-env.d.ts');

/**
 * What each part of src may import: other parts, and packages. Interfaces without code (`env`) may
 * be named everywhere as types.
 */
interface Part {
  readonly parts: readonly string[];
  readonly packages?: readonly string[];
}
const parts: Readonly<Record<string, Part>> = {
  'bee/base': { parts: ['bee/env'], packages: ['crc-32', '@noble/hashes'] },
  'bee/env': { parts: ['bee/base'] },
  'bee/wire': { parts: ['bee/base', 'bee/env'], packages: ['msgpackr', '@noble/hashes'] },
  'bee/yaml': { parts: ['bee/base', 'bee/wire'] },
  'bee/box': {
    parts: ['bee/base', 'bee/env', 'bee/wire'],
    packages: ['@noble/hashes', 'fflate'],
  },
  'bee/wal': { parts: ['bee/base', 'bee/env', 'bee/wire'], packages: ['crc-32', 'fzstd'] },
  'bee/replication': { parts: ['bee/base', 'bee/env', 'bee/wire', 'bee/wal'] },
  'bee/server': {
    parts: ['bee/base', 'bee/env', 'bee/wire', 'bee/box', 'bee/wal', 'bee/replication'],
  },
  'bee/lua': {
    parts: [
      'bee/base',
      'bee/env',
      'bee/wire',
      'bee/box',
      'bee/wal',
      'bee/replication',
      'bee/server',
      'bee/yaml',
    ],
    packages: ['fengari', '@noble/ciphers', '@noble/hashes', 'crc-32'],
  },
  bee: { parts: ['bee/base', 'bee/env', 'bee/server', 'bee/lua'] },
  sim: { parts: ['bee', 'bee/*'] },
  browser: { parts: ['bee', 'bee/*'], packages: ['idb'] },
  gateway: { parts: ['bee/env', 'bee/wire'], packages: ['node:*', 'ws'] },
  node: { parts: ['bee', 'bee/*', 'shell'], packages: ['node:*'] },
  worker: { parts: ['bee', 'bee/*', 'browser'], packages: ['fzstd'] },
  shell: { parts: ['bee/base'] },
  lesson: { parts: ['bee/base'] },
  embed: { parts: ['ui'] },
  ui: {
    parts: ['worker', 'shell', 'lesson', 'browser', 'tutorial', 'bee/base'],
    packages: [
      'react',
      'react-dom',
      'react-resizable-panels',
      'zustand',
      'wouter',
      '@xterm/*',
      'fflate',
      'uuid',
    ],
  },
};

/** The part that a path in src or tutorial belongs to. */
function partOf(path: string): string {
  const [top, first = '', second = ''] = path.split('/');
  if (top !== 'src') return top ?? '';
  return first === 'bee' && parts[`bee/${second}`] !== undefined ? `bee/${second}` : first;
}

function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}

/** Everything that one file imports and may not, in words. */
function forbiddenImports(file: SourceFile): string[] {
  const own = partOf(file.path);
  const allowed = parts[own];
  if (allowed === undefined) return [`${file.path}: src/${own} is no part of the house`];
  return file.imports.flatMap(({ target, isPackage, isType, line }) => {
    if (isPackage) {
      if (matches(target, allowed.packages ?? [])) return [];
      return [`${file.path}:${line}: ${own} may not import the package ${target}`];
    }
    const other = partOf(target);
    if (other === own || matches(other, allowed.parts)) return [];
    if (isType && other === 'bee/env') return [];
    const may = [own, ...allowed.parts].join(', ');
    return [`${file.path}:${line}: ${own} may not import ${target}; it may import ${may}`];
  });
}

describe('who may import whom', () => {
  test('every import goes down the layers', () => {
    expect(sources.flatMap((path) => forbiddenImports(sourceFile(path)))).toEqual([]);
  });

  test('a wrong import is noticed', () => {
    const wrong = (path: string, text: string) => forbiddenImports(parseSource(path, text));
    expect(wrong('src/bee/box/a.ts', "import { x } from '../wal/vclock.ts';")).toHaveLength(1);
    expect(wrong('src/bee/wal/a.ts', "export * from '../box/box.ts';")).toHaveLength(1);
    expect(wrong('src/bee/box/a.ts', "import fs from 'node:fs';")).toHaveLength(1);
    expect(wrong('src/lesson/a.ts', "import type { X } from '../ui/x.ts';")).toHaveLength(1);
    expect(wrong('src/bee/box/a.ts', "import { x } from '../wire/xrow.ts';")).toEqual([]);
  });

  test('the page holds no database: that lives in workers', () => {
    const entries = sources.filter((path) =>
      /^src\/ui\/(main|embed|embed\/mount-lab)\.tsx?$/.test(path),
    );
    const database = /^src\/bee\/(box|wal|replication|server|lua)\//;
    const reached = entries.flatMap((entry) => {
      const closure = runtimeClosure(entry);
      return [...closure].flatMap(([path, from]) =>
        // Only where the wall is crossed; what lies behind follows.
        database.test(path) && from !== undefined && !database.test(from)
          ? [`${path} is reached from ${entry} through ${from}, ${closure.get(from)}`]
          : [],
      );
    });
    expect(reached).toEqual([]);
  });

  test('the page names its host in one place', () => {
    const importers = sources.filter(
      (path) =>
        path.startsWith('src/ui/') &&
        sourceFile(path).imports.some(
          (one) => !one.isPackage && !one.isType && partOf(one.target) === 'browser',
        ),
    );
    expect(importers.length, `src/browser is imported by ${importers.join(', ')}`).toBeLessThan(3);
  });
});

/** Names that a part may not use, and what to use instead. */
interface Ban {
  readonly where: RegExp;
  readonly names: Readonly<Record<string, string>>;
}
const pure = /^src\/(bee|sim|shell|lesson)\//;
const bans: readonly Ban[] = [
  {
    where: pure,
    names: {
      Date: 'env.clock.now(): the simulator owns time',
      'Math.random': 'env.random.bytes() or the seeded random of base: the simulator owns chance',
      Promise: 'a Task (src/bee/base/fiber.ts) or a callback: only fibers suspend',
      WeakRef: 'nothing: when it is cleared differs from run to run',
      FinalizationRegistry: 'an explicit close: when it is called differs from run to run',
      eval: 'nothing: the page runs under a strict CSP',
    },
  },
  {
    where: /^src\/(?!browser\/)/,
    names: {
      indexedDB: 'the disk of src/browser',
      BroadcastChannel: 'the network of src/browser',
      'navigator.locks': 'the locks of src/browser',
    },
  },
];

function bannedNames(file: SourceFile): string[] {
  return bans.flatMap(({ where, names }) =>
    where.test(file.path)
      ? file.names.flatMap(({ text, line }) =>
          Object.hasOwn(names, text)
            ? [`${file.path}:${line}: ${text} is banned here: use ${names[text]}`]
            : [],
        )
      : [],
  );
}

describe('what may not be named', () => {
  test('bans', () => {
    expect(sources.flatMap((path) => bannedNames(sourceFile(path)))).toEqual([]);
  });

  test('a banned name is noticed, a property of that name is not', () => {
    const banned = (path: string, text: string) => bannedNames(parseSource(path, text));
    expect(banned('src/bee/box/a.ts', 'export const a = Date.now();')).toHaveLength(1);
    expect(banned('src/sim/a.ts', 'export const a = Math.random();')).toHaveLength(1);
    expect(banned('src/lesson/a.ts', 'export type A = Promise<void>;')).toHaveLength(1);
    expect(banned('src/ui/a.ts', 'export const a = navigator.locks;')).toHaveLength(1);
    expect(banned('src/browser/a.ts', 'export const a = navigator.locks;')).toEqual([]);
    expect(banned('src/bee/box/a.ts', 'export const a = b.Date;')).toEqual([]);
  });

  test('nothing pure is async: only fibers suspend', () => {
    const found = sources
      .filter((path) => pure.test(path))
      .flatMap((path) =>
        sourceFile(path).found.async.map(
          (line) => `${path}:${line}: async is banned here: write a Task or take a callback`,
        ),
      );
    expect(found).toEqual([]);
  });
});

/**
 * True when a comment stands on a line, or ends on the one before it; or when one that speaks of
 * every `as` says it for the whole file.
 */
function hasReason(file: SourceFile, line: number): boolean {
  return file.comments.some(
    (comment) =>
      comment.line === line || comment.end === line - 1 || /\bevery `as`/i.test(comment.text),
  );
}

describe('how it is written', () => {
  test('any and as carry a reason on their line or above it', () => {
    const found = sources.flatMap((path) => {
      const file = sourceFile(path);
      return [...file.found.any, ...file.found.as]
        .filter((line) => !hasReason(file, line))
        .map((line) => `${path}:${line}: say in a comment why the type is known better here`);
    });
    expect(found).toEqual([]);
  });

  test('everything is exported by its name', () => {
    const found = code
      .filter((path) => !/\.(config|d)\.ts$/.test(path))
      .flatMap((path) =>
        sourceFile(path).found.default.map((line) => `${path}:${line}: export it by its name`),
      );
    expect(found).toEqual([]);
  });

  test('nothing is left for later', () => {
    const leftover = new RegExp(`\\b(${['TODO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
    const found = code.flatMap((path) =>
      sourceFile(path)
        .comments.filter((comment) => leftover.test(comment.text))
        .map((comment) => `${path}:${comment.line}: do it, or write an issue`),
    );
    expect(found).toEqual([]);
  });

  test('files are named in kebab-case, components in PascalCase', () => {
    const wrong = files
      .filter((path) => /^(src|tutorial|public)\/|^test\/.*\.(ts|mjs)$/.test(path))
      .filter((path) => {
        const name = path.split('/').at(-1) ?? '';
        if (/^((ARCHITECTURE|FUNCTIONS)\.md|LICENSE.*)$/.test(name)) return false;
        const isComponent = /^[A-Z][A-Za-z0-9]*\.tsx$/.test(name);
        return !isComponent && !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)+$/.test(name);
      });
    expect(wrong).toEqual([]);
  });

  test('files fit in a head', () => {
    // 400 lines is where a file asks to be parted (STYLE); tables are exempt, because nobody reads
    // them through.
    const long = code
      .map((path) => ({ path, lines: sourceFile(path).lines.length }))
      .filter(({ path, lines }) => lines > 400 && !/-(table|names|tuples)\.ts$/.test(path));
    for (const { path, lines } of long) console.info(`${path} has ${lines} lines: part it?`);
    expect(long.filter(({ lines }) => lines > 600)).toEqual([]);
  });

  test('everything has its place', () => {
    const folders = new Set(['src', 'tutorial', 'test', 'public', '.ci']);
    const single = new Set([
      '.editorconfig',
      '.gitignore',
      'LICENSE',
      'README.md',
      'biome.json',
      'embed.html',
      'index.html',
      'package-lock.json',
      'package.json',
      'tsconfig.json',
      'vite.config.ts',
    ]);
    const astray = files.filter((path) => {
      const [top = '', ...rest] = path.split('/');
      return rest.length > 0 ? !folders.has(top) : !single.has(top);
    });
    expect(astray).toEqual([]);
  });

  test('nothing of one machine is in any file', () => {
    const ofOneMachine =
      /\/(?:home\/(?!user\b)\w+|root|work|mnt|Users)\/[\w.]+|https?:\/\/[^/\s"']*(?:registry|npm|pypi|mirror)[^/\s"']*/;
    const isText = /\.(ts|tsx|mjs|json|md|css|html|txt|lua|yml|svg)$|^\.?[a-zA-Z]+$|run$/;
    const found = files
      .filter((path) => isText.test(path))
      .flatMap((path) =>
        readFileSync(`${root}/${path}`, 'utf8')
          .split('\n')
          .flatMap((line, at) => {
            const [text] = ofOneMachine.exec(line) ?? [];
            return text === undefined ? [] : [`${path}:${at + 1}: ${text}`];
          }),
      );
    expect(found).toEqual([]);
  });
});
