/** The `uuid` module. A uuid is its 16 bytes in the order of its text (network order). */

/** `uuid.fromstr`: undefined for what is no uuid. */
export function parseUuid(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(text)) return undefined;
  const digits = text.replaceAll('-', '');
  const bytes = new Uint8Array(16);
  for (let at = 0; at < 16; at++) {
    bytes[at] = Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16);
  }
  return isValidVariant(bytes[8] ?? 0) ? bytes : undefined;
}

/** The real server takes only the variants of RFC 4122 and Microsoft, and the nil uuid's. */
function isValidVariant(byte: number): boolean {
  return (byte & 0xc0) === 0x80 || (byte & 0xe0) === 0xc0 || (byte & 0x80) === 0;
}

/** `uuid:str()`, 36 characters in lower case. */
export function formatUuid(uuid: Uint8Array): string {
  const text = Array.from(uuid, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const groups = [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20)];
  return [...groups, text.slice(20)].join('-');
}

/** @returns whether every byte is 0: `uuid:isnil()` */
export function isNilUuid(uuid: Uint8Array): boolean {
  return uuid.every((byte) => byte === 0);
}

/** Makes a random (version 4) uuid of 16 random bytes. */
export function uuidFromRandom(random: Uint8Array): Uint8Array<ArrayBuffer> {
  const uuid = new Uint8Array(random.subarray(0, 16));
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x40;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return uuid;
}

/** What `uuid:bin(order)` and `uuid.frombin(bytes, order)` take. @returns undefined for an order that is none */
export function isNetworkOrder(order: string | undefined): boolean | undefined {
  if (order === undefined || order === 'l' || order === 'h' || order === 'host') return false;
  return order === 'b' || order === 'n' || order === 'network' ? true : undefined;
}

/** Between network order and the order of an x86's memory, where the first three fields are turned round; both ways. */
export function swapUuid(uuid: Uint8Array): Uint8Array<ArrayBuffer> {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return new Uint8Array(order.map((at) => uuid[at] ?? 0));
}
