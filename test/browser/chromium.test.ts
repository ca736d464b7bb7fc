/** The contract suites in real Chromium: IndexedDB, BroadcastChannel and Web Locks, one worker per process. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { diskContract } from '../contract/disk-contract.ts';
import { networkContract } from '../contract/network-contract.ts';
import { hasChromium, openTestPage, type TestPage } from '../tools/chromium.ts';

declare global {
  /** Set by `pages/contract-page.ts`. */
  var runCase: (suite: 'disk' | 'network', name: string) => Promise<void>;
}

describe.skipIf(!hasChromium)('browser hosts in Chromium', () => {
  let test: TestPage;

  beforeAll(async () => {
    test = await openTestPage('test/browser/pages/contract-page.ts');
  });
  afterAll(() => test.close());

  const play = (suite: 'disk' | 'network', name: string): Promise<void> =>
    test.page.evaluate(([of, title]) => globalThis.runCase(of, title), [suite, name] as const);

  describe('disk', () => {
    for (const { name } of diskContract) it(name, () => play('disk', name));
  });
  describe('network', () => {
    for (const { name } of networkContract) it(name, () => play('network', name));
  });
});
