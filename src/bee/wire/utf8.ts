/**
 * Text to bytes and back. Log files and tuples hold mostly short ASCII strings, for which a plain loop beats a call into
 * the host's coder by three to five times; longer ones go to the host.
 */

/** Above this many bytes the host's decoder is faster than a loop (measured in V8: they meet between 20 and 30). */
const shortBytesMax = 24;

// ignoreBOM true means: hand the byte order mark over as it stands. A string may begin with one, and must keep it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Decodes UTF-8; bytes that are not UTF-8 become U+FFFD, so whoever must keep them keeps bytes. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= shortBytesMax) {
    let text = '';
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return decoder.decode(bytes.subarray(start, end));
}

/** Encodes as UTF-8; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/**
 * Encodes text at a place that has room for three bytes per UTF-16 unit.
 * @returns the number of bytes written
 */
export function encodeUtf8Into(text: string, target: Uint8Array, at: number): number {
  if (text.length <= shortBytesMax) {
    let ascii = 0;
    for (; ascii < text.length; ascii++) {
      const code = text.charCodeAt(ascii);
      if (code >= 0x80) break;
      target[at + ascii] = code;
    }
    if (ascii === text.length) return ascii;
  }
  return encoder.encodeInto(text, target.subarray(at)).written;
}
