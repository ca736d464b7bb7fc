/**
 * One session as the page sees it: terminals, the servers in them, the files. No React and no DOM beyond timers; the
 * components read `store` and call the methods here.
 */
import { errorText } from '../../bee/base/error-text.ts';
import type { Signal } from '../../shell/command.ts';
import type { InstanceStatus } from '../../worker/messages.ts';
import { makeHome, removeAll } from './home.ts';
import type { SessionHost } from './host.ts';
import { forget, keep, kept } from './kept.ts';
import {
  createMachineStore,
  type LinkFault,
  type MachineStore,
  updateServer,
  updateTerminal,
} from './machine-store.ts';
import { ProcessTable } from './process-table.ts';
import { readNews, Teller, Watched } from './tab-news.ts';
import { TerminalController } from './terminal-controller.ts';
import {
  firstTerminals,
  keepTerminals,
  type ListedTerminal,
  storedTerminals,
  terminalNameMax,
  terminalsMax,
} from './terminal-list.ts';
import { forgetTerminalState } from './terminal-state.ts';

export interface MachineOptions {
  readonly host: SessionHost;
  /** How many terminals there are when nothing else is remembered. */
  readonly terminals: number;
  /** False for a throw-away session: nothing of it is remembered. */
  readonly isKept?: boolean;
}

/** What another tab has put into localStorage may be seen a moment later; longer than Chromium has ever been seen to take. */
const storedMs = 100;

/** A slow link: long enough to be seen, shorter than what counts as a lost connection. */
const slowSeconds = 1;

export class Machine {
  readonly host: SessionHost;
  readonly home = '/home/user';
  readonly user = 'user';
  readonly processes = new ProcessTable();
  readonly store: MachineStore;
  #controllers: TerminalController[] = [];
  /** Which terminals are in sight: printing in the others is news. */
  #visible: ReadonlySet<number> = new Set();
  readonly #isKept: boolean;
  readonly #terminals: number;
  /** Tells the tabs that read along. */
  readonly teller: Teller;
  /** What another tab shows, while this one reads along. */
  watched: Watched | undefined;
  #endWatch = (): void => {};
  #owner: string | undefined;
  #beginning: Promise<void> = Promise.resolve();

  constructor({ host, terminals, isKept = true }: MachineOptions) {
    this.host = host;
    this.#isKept = isKept;
    this.#terminals = terminals;
    const list = this.#storedTerminals();
    this.store = createMachineStore(list.map(({ number, name }) => this.#newInfo(number, name)));
    this.teller = new Teller((news) => host.tell(news), this.store.getState);
    this.#controllers = list.map(({ number }) => new TerminalController(this, number));
    this.noteInterrupted();
    host.onTakenOver = () => {
      // The tab that takes over reads what is stored.
      this.save();
      this.#stop({ kind: 'taken-over' });
    };
    host.onWatched = () => this.#tellAll();
    host.onLost = (reason) => {
      // A reset, or a throw-away session's end, removes them on purpose.
      if (this.store.getState().phase === 'running') {
        this.store.setState({ notice: { kind: 'lost', reason } });
      }
    };
    this.store.subscribe(() => this.teller.stateChanged());
  }

  #storedTerminals(): readonly ListedTerminal[] {
    const stored = this.#isKept ? storedTerminals(this.host.sessionId) : [];
    return stored.length === 0 ? firstTerminals(this.#terminals) : stored;
  }

  get sessionId(): string {
    return this.host.sessionId;
  }

  /** The lesson that servers and files belong to. */
  get owner(): string | undefined {
    // Another tab may have changed it, and this one taken over.
    const owner = this.#isKept ? kept(`${this.sessionId}/owner`) : this.#owner;
    return typeof owner === 'string' ? owner : undefined;
  }

  set owner(lesson: string | undefined) {
    if (lesson === this.owner) return;
    this.#owner = lesson;
    if (this.#isKept) keep(`${this.sessionId}/owner`, lesson);
  }

  get controllers(): readonly TerminalController[] {
    return this.#controllers;
  }

  controller(number: number): TerminalController | undefined {
    return this.#controllers.find((controller) => controller.number === number);
  }

  /** Opens the session and shows the first prompts, or says why not. */
  async start(): Promise<void> {
    await this.#begin(() => this.host.open());
  }

  /** Takes the session from the tab that holds it. */
  async takeOver(): Promise<void> {
    this.#endWatch();
    await this.#begin(async () => {
      await this.host.takeOver();
      await new Promise((resolve) => setTimeout(resolve, storedMs));
      this.#readStored();
      return 'open';
    });
    this.#tellAll();
  }

  /** Reads along with the tab that holds the session. */
  watch(): void {
    this.#endWatch();
    const watched = new Watched((state) => this.store.setState({ ...state, phase: 'watching' }));
    this.watched = watched;
    this.#endWatch = this.host.watch({
      onNews: (value) => {
        const news = readNews(value);
        // A third tab has taken over from the one that was watched.
        if (news?.kind === 'all' && this.store.getState().phase === 'stopped') this.watch();
        else if (news !== undefined) watched.hear(news);
      },
      onGone: () => this.store.setState({ phase: 'stopped', problem: { kind: 'left' } }),
    });
    this.store.setState({ phase: 'watching', problem: undefined });
  }

  /** Begins with what the tab that had the session until now stored last. */
  #readStored(): void {
    for (const controller of this.#controllers) controller.dispose();
    const list = this.#storedTerminals();
    this.#controllers = list.map(({ number }) => new TerminalController(this, number));
    const terminals = list.map(({ number, name }) => this.#newInfo(number, name));
    this.store.setState({ terminals, servers: [], faults: [] });
    this.noteInterrupted();
  }

  #tellAll(): void {
    // The edited lines are drawn again behind what is told here.
    for (const controller of this.#controllers) controller.showLine(false);
    this.teller.all(this.#controllers.map((controller) => controller.screenNews()));
    for (const controller of this.#controllers) controller.showLine(true);
  }

  /** Ends everything, for good; files of a throw-away session go, others stay. */
  async close(): Promise<void> {
    this.#endWatch();
    if (this.#isKept) {
      this.save();
      // First, because it may still wait for another tab to let the session go.
      this.host.close();
    }
    await this.#beginning;
    for (const controller of this.#controllers) controller.typist.cancel();
    await Promise.all(this.#controllers.map((controller) => controller.killServer()));
    this.store.setState({ phase: 'stopped' });
    if (!this.#isKept) await this.host.destroy();
  }

  #begin(take: () => Promise<'open' | 'held'>): Promise<void> {
    this.#beginning = this.#takeAndStart(take);
    return this.#beginning;
  }

  async #takeAndStart(take: () => Promise<'open' | 'held'>): Promise<void> {
    this.store.setState({ phase: 'starting', problem: undefined });
    try {
      if ((await take()) === 'held') {
        this.#stop({ kind: 'held' });
        return;
      }
      await makeHome(this.host, this.home);
    } catch (error) {
      const message = errorText(error);
      this.#stop({ kind: 'storage', message });
      return;
    }
    // By index, because a lesson may add one meanwhile.
    for (let at = 0; at < this.#controllers.length; at++) await this.#controllers[at]?.start();
    this.store.setState({ phase: 'running' });
    this.host.warmUp();
  }

  /** @returns false when no such process runs here */
  kill(pid: number, signal: Signal): boolean {
    const process = this.processes.find(pid);
    const controller = process && this.controller(process.terminal);
    if (controller === undefined) return false;
    switch (signal) {
      case 'KILL':
        void controller.killServer();
        break;
      case 'TERM':
        controller.stopServer();
        break;
      case 'INT':
        controller.interruptServer();
        break;
      case 'STOP':
      case 'CONT':
        controller.pauseServer(signal === 'STOP');
    }
    return true;
  }

  /** Adds a terminal with an empty shell, under the smallest number that is free. */
  async addTerminal(name = ''): Promise<TerminalController | undefined> {
    if (this.#controllers.length >= terminalsMax) return undefined;
    let number = 1;
    while (this.controller(number) !== undefined) number++;
    const controller = new TerminalController(this, number);
    this.#controllers = [...this.#controllers, controller].sort((a, b) => a.number - b.number);
    this.store.setState(({ terminals }) => ({
      terminals: [...terminals, this.#newInfo(number, name)].sort((a, b) => a.number - b.number),
    }));
    this.#keepTerminals();
    // Before the session is open, `start` will come to this one too.
    if (this.store.getState().phase === 'running') await controller.start();
    return controller;
  }

  /** Takes a terminal away, and kills the server in it. Its files stay. */
  async removeTerminal(number: number): Promise<void> {
    const controller = this.controller(number);
    if (controller === undefined || this.#controllers.length === 1) return;
    controller.typist.cancel();
    await controller.killServer();
    this.#controllers = this.#controllers.filter((one) => one !== controller);
    controller.dispose();
    forgetTerminalState(this.sessionId, number);
    this.store.setState(({ terminals, servers }) => ({
      terminals: terminals.filter((one) => one.number !== number),
      servers: servers.filter((one) => one.terminal !== number),
    }));
    this.noteInterrupted();
    this.#keepTerminals();
  }

  /** Gives a terminal, and the server in it, a name; '' takes it away. */
  renameTerminal(number: number, name: string): void {
    updateTerminal(this.store, number, { name: name.trim().slice(0, terminalNameMax) });
    this.#keepTerminals();
  }

  #keepTerminals(): void {
    const { phase, terminals } = this.store.getState();
    const isOwn = phase === 'starting' || phase === 'running';
    if (this.#isKept && isOwn) keepTerminals(this.sessionId, terminals);
  }

  /** Whether anything was typed in a terminal, or is shown there. */
  get isTouched(): boolean {
    return this.#controllers.some(
      ({ entered, terminal }) => entered > 0 || terminal.transcript.lines.length > 0,
    );
  }

  /** Makes sure that there are so many terminals: a lesson may need more than the one before. */
  async ensureTerminals(count: number): Promise<void> {
    while (this.#controllers.length < Math.min(count, terminalsMax)) await this.addTerminal();
  }

  /** Ends all servers, removes all files, empties the terminals. */
  async reset(): Promise<void> {
    for (const controller of this.#controllers) controller.typist.cancel();
    await Promise.all(this.#controllers.map((controller) => controller.killServer()));
    await removeAll(this.host);
    await makeHome(this.host, this.home);
    forget(`${this.sessionId}/terminal-`);
    this.fillDisk(false);
    this.store.setState({ servers: [], faults: [] });
    for (const controller of this.#controllers) controller.reset();
    this.noteInterrupted();
  }

  /** False while the session is another tab's, whose remembered terminals must not be written over, and for a throw-away one. */
  get isRemembered(): boolean {
    return this.#isKept && this.store.getState().phase === 'running';
  }

  /** Stores what a reload must find: the page is about to go. */
  save(): void {
    for (const controller of this.#controllers) controller.save();
  }

  setVisible(numbers: readonly number[]): void {
    this.#visible = new Set(numbers);
    for (const { number, hasNews } of this.store.getState().terminals) {
      if (hasNews && this.#visible.has(number)) {
        updateTerminal(this.store, number, { hasNews: false });
      }
    }
  }

  /** Opens the file panel, at a directory perhaps. */
  showFiles(directory?: string): void {
    this.store.setState({ filePanel: { directory } });
  }

  hideFiles(): void {
    this.store.setState({ filePanel: undefined });
  }

  noteActivity(number: number): void {
    const { phase, terminals } = this.store.getState();
    const isNews = phase === 'running' && !this.#visible.has(number);
    const info = terminals.find((one) => one.number === number);
    if (isNews && info?.hasNews === false) {
      updateTerminal(this.store, number, { hasNews: true });
    }
  }

  notePause(terminal: number, isPaused: boolean): void {
    const server = this.store.getState().servers.find((one) => one.terminal === terminal);
    if (server !== undefined) updateServer(this.store, { ...server, isPaused });
  }

  /** Puts a fault on the link between the servers of two terminals, or takes it away. */
  setFault(terminals: readonly [number, number], kind: LinkFault['kind'] | undefined): void {
    const pids = this.#linkPids(terminals);
    if (pids === undefined) return;
    const [one, other] = [`pid:${pids[0]}`, `pid:${pids[1]}`];
    this.host.faults.heal(one, other);
    if (kind === 'cut') this.host.faults.cut(one, other);
    if (kind === 'slow') this.host.faults.delay(one, other, slowSeconds);
    this.store.setState(({ faults }) => ({
      faults: [
        ...faults.filter((fault) => fault.pids.join() !== pids.join()),
        ...(kind === undefined ? [] : [{ pids, kind }]),
      ],
    }));
  }

  /** Fills the disk, for all servers: each write fails until there is room again. */
  fillDisk(isFull: boolean): void {
    this.host.faults.fillDisk(isFull);
    this.store.setState({ isDiskFull: isFull });
  }

  /** A server could not write: if the reader did not arrange it, the page says why. @param isFull for want of room */
  async noteFailedWrite(isFull: boolean): Promise<void> {
    const { isDiskFull, notice } = this.store.getState();
    if (isDiskFull || notice !== undefined) return;
    if (!isFull) {
      // Browsers tell nobody that they threw files away; whoever looks finds out, and `onLost` says so.
      await this.host.request({ op: 'stat', path: '/' });
      return;
    }
    // Not every browser that has IndexedDB has a StorageManager: WebKitGTK.
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate()) ?? {};
    this.store.setState({ notice: { kind: 'full', used: usage, quota } });
  }

  /** The reader has read it. */
  dismissNotice(): void {
    this.store.setState({ notice: undefined });
  }

  /** Ends the connections between the servers of two terminals; they may connect again. */
  dropConnections(terminals: readonly [number, number]): void {
    const pids = this.#linkPids(terminals);
    if (pids !== undefined) this.host.faults.drop(`pid:${pids[0]}`, `pid:${pids[1]}`);
  }

  #linkPids([one, other]: readonly [number, number]): readonly [number, number] | undefined {
    const [first, second] = [this.controller(one)?.pid, this.controller(other)?.pid];
    if (first === undefined || second === undefined) return undefined;
    return [Math.min(first, second), Math.max(first, second)];
  }

  /** Which servers ended with the page has changed. */
  noteInterrupted(): void {
    const interrupted = this.#controllers
      .filter((controller) => controller.interrupted !== undefined)
      .map(({ number }) => number);
    if (interrupted.join() !== this.store.getState().interrupted.join()) {
      this.store.setState({ interrupted });
    }
  }

  noteStatus(terminal: number, status: InstanceStatus): void {
    const server = this.store.getState().servers.find((one) => one.terminal === terminal);
    if (server !== undefined) updateServer(this.store, { ...server, status });
  }

  noteEnd(terminal: number, exitCode: number): void {
    const server = this.store.getState().servers.find((one) => one.terminal === terminal);
    if (server === undefined) return;
    if ((server.status?.id ?? 0) > 0) {
      updateServer(this.store, { ...server, isRunning: false, isPaused: false, exitCode });
    } else {
      // A program that ran and ended, or a console that never became a server: nothing is left of it.
      this.store.setState(({ servers }) => ({ servers: servers.filter((one) => one !== server) }));
    }
  }

  /** Forgets stopped servers whose directories are gone, and notes which shells stand in such: the page shows what there is. */
  async forgetRemoved(): Promise<void> {
    for (const server of this.store.getState().servers) {
      if (server.isRunning) continue;
      const found = await this.host.request({ op: 'stat', path: server.cwd });
      if (found.ok || found.error.code !== 'ENOENT') continue;
      this.store.setState(({ servers }) => ({ servers: servers.filter((one) => one !== server) }));
    }
    for (const { number, cwd, isCwdGone: wasGone } of this.store.getState().terminals) {
      const found = await this.host.request({ op: 'stat', path: cwd });
      const isCwdGone = !found.ok && found.error.code === 'ENOENT';
      if (isCwdGone !== wasGone) updateTerminal(this.store, number, { isCwdGone });
    }
  }

  #newInfo(number: number, name: string) {
    return {
      number,
      name,
      cwd: this.home,
      isCwdGone: false,
      program: 'shell' as const,
      pid: undefined,
      busySince: undefined,
      hasNews: false,
    };
  }

  #stop(problem: NonNullable<ReturnType<MachineStore['getState']>['problem']>): void {
    for (const controller of this.#controllers) void controller.killServer();
    this.store.setState({ phase: 'stopped', problem });
  }
}
