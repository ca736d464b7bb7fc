import type { SessionHost } from './machine/host.ts';
import { forget, keep, kept } from './machine/kept.ts';
import { Machine } from './machine/machine.ts';

/** Where a machine is used. Each door has a session of its own: a lesson's reset must not empty the playground. */
export type Door = 'tutorial' | 'playground' | 'embed';

/** Makes the host of a session; given by the page's entry, the one place that names the browser's. */
export type HostFactory = (sessionId: string) => SessionHost;

/** The machines of this page. They live on while another door is open: servers do not stop because one looks elsewhere. */
export class Sessions {
  readonly #createHost: HostFactory;
  readonly #machines = new Map<Door, Machine>();

  constructor(createHost: HostFactory) {
    this.#createHost = createHost;
    // `pagehide` is the last event that every browser sends, phones included.
    addEventListener('pagehide', () => this.save());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.save();
    });
  }

  /** The machine of a door; starts when it is first asked for. */
  machine(door: Door, terminals: number): Machine {
    const known = this.#machines.get(door);
    if (known !== undefined) return known;
    const machine = new Machine({ host: this.#createHost(sessionId(door)), terminals });
    this.#machines.set(door, machine);
    void machine.start();
    return machine;
  }

  save(): void {
    for (const machine of this.#machines.values()) machine.save();
  }

  /** Gives a door a new, empty session; the old one stays with whoever has it. The page must be drawn anew. */
  renew(door: Door): void {
    void this.change(door, newId());
  }

  /**
   * Gives a door another session: its servers are killed, its files stay. The page must be drawn anew, which may be before what is
   * returned is done.
   */
  async change(door: Door, id: string): Promise<void> {
    const old = this.#machines.get(door);
    this.#machines.delete(door);
    keep(`session-${door}`, id);
    await old?.close();
  }

  /** A host of a session that no door shows yet. */
  createHost(id = newId()): SessionHost {
    return this.#createHost(id);
  }

  /** Ends everything and forgets everything. */
  async resetAll(): Promise<void> {
    await Promise.all([...this.#machines.values()].map((machine) => machine.reset()));
    for (const machine of this.#machines.values()) machine.host.close();
    this.#machines.clear();
    forget('');
  }
}

/** The session of a door in this browser; made at its first use. */
function sessionId(door: Door): string {
  const key = `session-${door}`;
  const stored = kept(key);
  if (typeof stored === 'string' && stored !== '') return stored;
  const id = newId();
  keep(key, id);
  return id;
}

/** Eight letters and digits: enough to tell the sessions of one browser apart. */
function newId(): string {
  return crypto.randomUUID().slice(0, 8);
}
