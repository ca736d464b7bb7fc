/** A session that comes from somewhere says how large it is; what is too much for a page is refused before it is unpacked. */
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { SessionError, unpackSession } from '../../src/ui/machine/session-file.ts';

/** A zip with one small file, which its directory calls 512 MiB large. */
function boasting(): Uint8Array {
  const zip = zipSync({ 'session.json': new Uint8Array(10) });
  const entry = Buffer.from(zip).indexOf('PK\x01\x02', 'latin1');
  new DataView(zip.buffer).setUint32(entry + 24, 512 * 1024 * 1024, true);
  return zip;
}

test('more than 256 MB', async () => {
  const outcome = unpackSession(boasting());
  await expect(outcome).rejects.toThrow(SessionError);
  await expect(outcome).rejects.toThrow('it holds more than 256 MB');
});
