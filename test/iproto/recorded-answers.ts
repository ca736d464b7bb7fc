import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Exchange } from './exchanges.ts';
import type { RawClient } from './raw-client.ts';

const recorded: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('exchanges.json', import.meta.url), 'utf8'),
);

/** What a server is asked through. */
interface Asked {
  readonly sim: { runFor(seconds: number): void };
  readonly connect: () => RawClient;
}

/**
 * A test for each exchange: the answer is the real server's, and the connection ends where that one ended it.
 * @param comparable an answer in hex, without what differs from run to run
 */
export function testRecordedAnswers(
  exchanges: readonly Exchange[],
  { sim, connect }: Asked,
  comparable: (answer: Uint8Array) => string,
): void {
  test.each(exchanges.map((exchange) => [exchange.name, exchange] as const))(
    '%s',
    (name, exchange) => {
      const client = connect();
      if (exchange.as !== 'guest') client.logIn(exchange.as, 'secret');
      const answer = client.ask(exchange.request);
      const expected = comparable(Buffer.from(recorded[name] ?? '', 'hex'));
      expect(comparable(answer)).toBe(expected);
      sim.runFor(0.1);
      expect(client.isClosed).toBe(exchange.closes ?? false);
      client.close();
    },
  );
}
