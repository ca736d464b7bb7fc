import { clientError } from './error.ts';

/** Longest name of a space, index, field, user, function, sequence or collation, in bytes. */
export const nameBytesMax = 65000;

/** How much of a name that is too long a message shows. */
const shownNameMax = 64;

// Unassigned code points, line and paragraph separators, control characters, and what stands for broken UTF-8.
const forbidden = /[\p{Cn}\p{Zl}\p{Zp}\p{Cc}\uFFFD]/u;

/** Throws unless the text may be a name: not empty, and all printable. */
export function checkIdentifier(name: string): void {
  if (name === '' || forbidden.test(name)) throw clientError('IDENTIFIER', shownName(name));
}

/** True when the name has more bytes than a name may have. */
export function isNameTooLong(name: string): boolean {
  if (name.length * 3 <= nameBytesMax) return false;
  return new TextEncoder().encode(name).length > nameBytesMax;
}

/** The beginning of a name that is no name, for a message. There a text of C ends at its first zero. */
export function shownName(name: string): string {
  const end = name.indexOf('\0');
  return name.slice(0, Math.min(shownNameMax, end < 0 ? name.length : end));
}
