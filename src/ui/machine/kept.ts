/**
 * Small things that outlive a reload: settings, progress, what the terminals showed. In localStorage, whose answers come at
 * once; where that is refused (private mode, a foreign iframe) they live as long as the page.
 */
const memory = new Map<string, string>();
/** Keys of which the storage holds an older value, or none: it refused the last one. */
const refused = new Set<string>();

/** Reads a value; undefined when there is none or it is no JSON. */
export function kept(key: string): unknown {
  const text = read(`bee/${key}`);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Stores a value that JSON can hold. */
export function keep(key: string, value: unknown): void {
  const text = JSON.stringify(value);
  memory.set(`bee/${key}`, text);
  try {
    localStorage.setItem(`bee/${key}`, text);
    refused.delete(`bee/${key}`);
  } catch {
    // Refused or full: it lives in memory, and nothing that a server answered is in here.
    refused.add(`bee/${key}`);
  }
}

/** Removes all values whose key begins so. */
export function forget(prefix: string): void {
  const start = `bee/${prefix}`;
  for (const key of [...memory.keys()]) {
    if (!key.startsWith(start)) continue;
    memory.delete(key);
    refused.delete(key);
  }
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(start)) localStorage.removeItem(key);
    }
  } catch {
    // As above.
  }
}

function read(key: string): string | undefined {
  if (refused.has(key)) return memory.get(key);
  try {
    return localStorage.getItem(key) ?? memory.get(key);
  } catch {
    return memory.get(key);
  }
}

/** True for a plain object, for values that come from storage and may be anything. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The strings of a stored list. */
export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
