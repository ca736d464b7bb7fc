import { forget, isRecord, keep, kept } from './kept.ts';

/** A session of the playground that this browser has. */
export interface ListedSession {
  readonly id: string;
  readonly name: string;
  /** Seconds since 1970, when it was last opened. */
  readonly openedAt: number;
}

const key = 'playground-sessions';

/** Sessions of the playground, the one that was opened last first. */
export function listedSessions(): ListedSession[] {
  const value = kept(key);
  return (Array.isArray(value) ? value : [])
    .flatMap((one) => {
      const { id, name, openedAt } = isRecord(one) ? one : {};
      if (typeof id !== 'string' || typeof name !== 'string') return [];
      return [{ id, name, openedAt: Number(openedAt) }];
    })
    .sort((a, b) => b.openedAt - a.openedAt);
}

/** Notes that a session was opened; a name that it has stays unless another is given. */
export function noteSession(id: string, name?: string): void {
  const others = listedSessions();
  const known = others.find((one) => one.id === id);
  const entry = { id, name: name ?? known?.name ?? '', openedAt: Date.now() / 1000 };
  keep(key, [entry, ...others.filter((one) => one.id !== id)]);
}

/** Takes a session off the list, with what its terminals remembered. Its files are its host's to remove. */
export function forgetSession(id: string): void {
  keep(
    key,
    listedSessions().filter((one) => one.id !== id),
  );
  forget(`${id}/`);
}

/** What a session is called. */
export function sessionName({ id, name }: { readonly id: string; readonly name: string }): string {
  return name === '' ? `Session ${id}` : name;
}
