import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/**
 * The pure part (src/bee, sim, shell, lesson) cannot name what belongs to a host. Its tsconfig has
 * neither the DOM library nor Node's types, but a dependency's typings can open the hole again
 * without a word: one `/// <reference types="node" />` suffices. So forbidden names are compiled
 * inside that project, with all that it imports, and each must fail.
 */
const root = `${import.meta.dirname}/..`;
const folder = `${root}/.cache/purity`;

/** Name of something forbidden, and what to use instead. */
const forbidden: Readonly<Record<string, string>> = {
  window: 'nothing: the pure part has no window',
  document: 'nothing: the pure part draws nothing',
  self: 'globalThis, if at all',
  navigator: 'a port in src/bee/env',
  location: 'a port in src/bee/env',
  indexedDB: 'env.disk',
  caches: 'env.disk',
  localStorage: 'env.disk',
  BroadcastChannel: 'env.network',
  MessageChannel: 'env.network',
  WebSocket: 'env.network',
  XMLHttpRequest: 'env.network',
  fetch: 'env.network',
  Worker: 'the host that starts instances',
  postMessage: 'the host that starts instances',
  addEventListener: 'the inbox of the instance',
  setTimeout: 'env.clock.timer or a fiber that sleeps',
  setInterval: 'env.clock.timer or a fiber that sleeps',
  setImmediate: 'a fiber',
  clearTimeout: 'the function that env.clock.timer returns',
  queueMicrotask: 'a fiber',
  requestAnimationFrame: 'env.clock.timer',
  performance: 'env.clock.monotonic()',
  crypto: 'env.random',
  console: 'the logger',
  alert: 'the console of the instance',
  process: 'env.process',
  Buffer: 'Uint8Array',
  require: 'import',
  module: 'export',
  __dirname: 'nothing',
  global: 'globalThis',
  Deno: 'nothing',
};

const forbiddenModules = ['node:fs', 'fs', 'node:net', 'node:process', 'path', 'stream'];

/**
 * What is allowed, to show that the file is compiled at all and that not everything in it fails.
 */
const allowed = ['Uint8Array', 'Math.max', 'new TextEncoder()', 'new Map()', 'globalThis'];

/**
 * Libraries that the pure part may use: their typings must not bring a host's names along, even if
 * nothing imports them yet.
 */
const libraries = ['msgpackr', '@noble/hashes/legacy.js', 'fzstd', 'crc-32/crc32c.js'];

/** Each line's errors, as `tsc` reports them for the probe file. */
const errors = new Map<number, string>();
let lines: string[] = [];

function lineOf(text: string): number {
  const at = lines.indexOf(text);
  if (at < 0) throw new Error(`no such line: ${text}`);
  return at + 1;
}

const useOf = (name: string) => `export const use_${name.replace(/\W/g, '_')} = ${name};`;
const importOf = (name: string) => `export * as import_${name.replace(/\W/g, '_')} from '${name}';`;

beforeAll(() => {
  lines = [
    ...Object.keys(forbidden).map(useOf),
    ...forbiddenModules.map(importOf),
    ...allowed.map(useOf),
    ...libraries.map(importOf),
  ];
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/probe.ts`, `${lines.join('\n')}\n`);
  writeFileSync(
    `${folder}/tsconfig.json`,
    JSON.stringify({
      extends: '../../src/bee/tsconfig.json',
      include: [
        'probe.ts',
        ...['bee', 'sim', 'shell', 'lesson'].map((part) => `../../src/${part}`),
      ],
    }),
  );
  let output = '';
  try {
    output = execFileSync(
      process.execPath,
      [`${root}/node_modules/typescript/bin/tsc`, '-p', folder, '--pretty', 'false'],
      { cwd: root, encoding: 'utf8' },
    );
  } catch (error) {
    // tsc exits with 1 or 2 when there are errors, which is what this test wants.
    output = String((error as { stdout?: string }).stdout ?? error);
  }
  for (const [, line, text] of output.matchAll(/probe\.ts\((\d+),\d+\): (error TS\d+: .*)/g)) {
    errors.set(Number(line), text ?? '');
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('inside src/bee nobody can name', () => {
  test.each(Object.entries(forbidden))('%s (use %s)', (name) => {
    expect(errors.get(lineOf(useOf(name)))).toMatch(/TS(2304|2580|2552|2584|2591|2582|18004)/);
  });
  test.each(forbiddenModules)('the module %s', (name) => {
    expect(errors.get(lineOf(importOf(name)))).toMatch(/TS(2307|2591|7016)/);
  });
});

describe('inside src/bee one can use', () => {
  test.each(allowed)('%s', (name) => {
    expect(errors.get(lineOf(useOf(name)))).toBeUndefined();
  });
  test.each(libraries)('the library %s', (name) => {
    expect(errors.get(lineOf(importOf(name)))).toBeUndefined();
  });
});
