import { BrowserSession } from '../../browser/session.ts';
import type { FileRequest } from '../../shell/file-system.ts';
import type { Outcome } from '../../shell/task.ts';
import { createWorker, isOwnOrigin } from '../../worker/create-worker.ts';
import { InstanceClient } from '../../worker/instance-client.ts';
import workerUrl from '../../worker/instance-worker.ts?worker&url';
import { XlogClient } from '../../worker/xlog-client.ts';
import xlogWorkerUrl from '../../worker/xlog-worker.ts?worker&url';
import type { SessionHost } from './host.ts';

/** The first prompt comes first: half a second later the reader reads, and the line is free. */
const prefetchDelayMs = 500;

/** The host of a session in the browser: its files in IndexedDB, each server in a worker. */
export function createBrowserHost(sessionId: string): SessionHost {
  let session: BrowserSession | undefined;
  let isClosed = false;
  const opened = (): BrowserSession => {
    if (isClosed && session === undefined) throw new Error('the session is closed');
    session ??= new BrowserSession(sessionId);
    session.onTakenOver = () => host.onTakenOver();
    session.onWatched = () => host.onWatched();
    session.onLost = (reason) => host.onLost(reason);
    return session;
  };
  const host: SessionHost = {
    sessionId,
    onTakenOver: () => {},
    onWatched: () => {},
    onLost: () => {},
    tell: (news) => opened().tell(news),
    watch: (events) => opened().watch(events),
    // Not `opened().open()` alone: what the constructor throws must come as a rejection, too.
    open: async () => await opened().open(),
    // From a foreign origin a prefetch would be kept apart from what the worker asks for.
    warmUp: () => {
      if (isOwnOrigin(workerUrl)) setTimeout(() => prefetch(workerUrl), prefetchDelayMs);
    },
    takeOver: () => opened().takeOver(),
    request: (request) => answer(opened(), request),
    decodeLog: (path) => decodeLog(opened(), path),
    openLogReader: launchLogReader,
    damage: (path, offset) => opened().files.damage(path, offset),
    isLocked: (path) => opened().files.isLocked(path),
    launch: (options, events) => {
      // Asked only now, when the reader has something to lose: some browsers ask the reader in turn. After a no the browser
      // may empty the storage when room is short; nothing else changes.
      opened()
        .persist()
        .catch(() => false);
      return new InstanceClient(createWorker(workerUrl, `bee ${options.pid}`), options, events);
    },
    get faults() {
      return opened().faults;
    },
    close: () => {
      isClosed = true;
      void session?.close();
    },
    destroy: async () => {
      isClosed = true;
      await session?.destroy();
    },
  };
  return host;
}

function answer({ files }: BrowserSession, request: FileRequest): Promise<Outcome<unknown>> {
  switch (request.op) {
    case 'stat':
      return files.stat(request.path);
    case 'list':
      return files.readdir(request.path);
    case 'read':
      return files.readFile(request.path);
    case 'write': {
      // IndexedDB stores a view with the whole buffer behind it: hand over exactly the bytes.
      const bytes = request.bytes.slice();
      return request.how === 'append'
        ? files.appendFile(request.path, bytes)
        : files.writeFile(request.path, bytes);
    }
    case 'mkdir':
      return files.mkdir(request.path);
    case 'rmdir':
      return files.rmdir(request.path);
    case 'unlink':
      return files.unlink(request.path);
    case 'rename':
      return files.rename(request.from, request.to);
    case 'touch':
      return files.touch(request.path, request.at);
  }
}

function launchLogReader(): XlogClient {
  return new XlogClient(createWorker(xlogWorkerUrl, 'bee: reader of log files'));
}

/** Reads a log file in a worker of its own, which ends with the answer. */
async function decodeLog({ files }: BrowserSession, path: string): Promise<Outcome<string>> {
  const file = await files.readFile(path);
  if (!file.ok) return file;
  const reader = launchLogReader();
  try {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const { text, error } = await reader.text({ bytes: file.value, name });
    return { ok: true, value: error === undefined ? text : `${text}xlog: ${error}\n` };
  } finally {
    reader.close();
  }
}

/** Fetches the server's code while the reader reads, so that the first `bee` starts at once. */
function prefetch(url: string): void {
  const link = document.createElement('link');
  link.rel = 'prefetch';
  link.href = url;
  document.head.append(link);
}
