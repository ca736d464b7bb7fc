import { expect, test } from 'vitest';

test('placeholder until the rules are written', () => {
  expect(1).toBe(1);
});
