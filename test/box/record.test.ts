/**
 * Records what the real server does in the scenes. `RECORD=1 npx vitest run test/box/record.test.ts` writes `recorded.jsonl`;
 * without it the file is compared with what the server does now.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isRealServerInstalled } from '../iproto/real-server.ts';
import { scenes } from './scenes.ts';

const file = new URL('recorded.jsonl', import.meta.url);

test.skipIf(!isRealServerInstalled)(
  'the recorded scenes are the real server’s',
  { timeout: 60_000 },
  () => {
    const script = fileURLToPath(new URL('record.lua', import.meta.url));
    const output = scenes
      .map(({ name, steps }) => {
        const input = JSON.stringify(steps);
        const results = execFileSync('tarantool', [script], { input }).toString();
        return `{"name":${JSON.stringify(name)},"results":${results.trimEnd()}}\n`;
      })
      .join('');
    if (process.env['RECORD']) writeFileSync(file, output);
    expect(output).toBe(readFileSync(file, 'utf8'));
  },
);
