// The table of the real server's functions that Bee has or has not.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { functionsFile, functionsText } from './functions.ts';

test('src/FUNCTIONS.md says what Bee has of the real server: npm run record -- functions writes it', () => {
  const text = functionsText();
  // Recording: the list of the real server was made just before.
  if (process.env['RECORD'] !== undefined) writeFileSync(functionsFile, text);
  expect(existsSync(functionsFile) ? readFileSync(functionsFile, 'utf8') : '').toBe(text);
});
