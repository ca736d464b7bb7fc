const idMax = 60;

/**
 * How messages name a chunk: `[string "…"]`, a file's name, or the name itself, cut as LuaJIT cuts it.
 * @param name the chunk's name; '@' in front marks a file, '=' a name to be shown as it is
 */
export function chunkIdBytes(name: Uint8Array): Uint8Array {
  if (name[0] === 61) return name.subarray(1, idMax);
  if (name[0] === 64) {
    const file = name.subarray(1);
    if (file.length < idMax) return file;
    return bytes('...', file.subarray(file.length - (idMax - 4)), '');
  }
  let length = 0;
  while (length < idMax - 12 && (name[length] ?? 0) >= 32) length++;
  if (length >= name.length) return bytes('[string "', name, '"]');
  return bytes('[string "', name.subarray(0, Math.min(length, idMax - 15)), '..."]');
}

/** The same with one character for each byte, as syntax errors are put together. */
export function chunkId(name: Uint8Array): string {
  return byteText(chunkIdBytes(name));
}

/** Bytes as characters of one byte each. */
export function byteText(bytes: Uint8Array): string {
  let result = '';
  for (const byte of bytes) result += String.fromCharCode(byte);
  return result;
}

/** The bytes of such a text. */
export function textBytes(text: string): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) result[at] = text.charCodeAt(at);
  return result;
}

function bytes(before: string, middle: Uint8Array, after: string): Uint8Array {
  const result = new Uint8Array(before.length + middle.length + after.length);
  for (let at = 0; at < before.length; at++) result[at] = before.charCodeAt(at);
  result.set(middle, before.length);
  for (let at = 0; at < after.length; at++) {
    result[before.length + middle.length + at] = after.charCodeAt(at);
  }
  return result;
}
