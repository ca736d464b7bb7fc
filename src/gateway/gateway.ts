/**
 * The gateway: a page cannot open sockets, so a program beside it does. One WebSocket is one TCP connection.
 *
 * 1. `npm run gateway -- --allow 127.0.0.1:3301` (`main.ts`) starts it on loopback and prints an address with a secret token.
 * 2. A server in the page connects to `ws://GATEWAY/TOKEN/127.0.0.1:3301`. Origin, token and target are checked; a refusal
 *    is a close with a code and a reason (`wire/pipe-messages.ts`), because a script learns nothing of a refused handshake.
 * 3. The gateway connects by TCP and says 'accepted'; from then on a `Pipe` carries bytes, with a window in each direction.
 * 4. A server in the page that is to be reached opens `ws://GATEWAY/TOKEN/listen/3302`. For each client of that port it is told an
 *    id, and fetches the connection at `ws://GATEWAY/TOKEN/accept/ID`. When it leaves, the port is free.
 *
 * What it does not do: TLS, names of users, anything about what is inside the bytes. It is for one person's machine.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { encodePipeMessage, PipeClose } from '../bee/wire/pipe-messages.ts';
import { Pipe } from './pipe.ts';

export interface GatewayOptions {
  /** Where it listens itself. */
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** `host:port` that pages may connect to. */
  readonly allow: readonly string[];
  /** Ports of this machine's loopback that servers in a page may listen on. */
  readonly listen: readonly number[];
  /** Origins of pages besides those of this machine. */
  readonly origins: readonly string[];
  /** Connections at one time, listening ones included. */
  readonly connectionsMax: number;
  readonly log: (line: string) => void;
}

/** One message at most: eight of what a page sends in one piece. More is no page of ours. */
const messageBytesMax = 1024 * 1024;
/** A page that takes longer to fetch a connection is gone. */
const fetchMsMax = 10_000;
/** A page that does not answer a ping until the next one is gone. */
const pingMs = 15_000;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #http = createHttpServer((_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' });
    response.end('This is the gateway of Bee. Servers in a page use it with ws:// addresses.\n');
  });
  readonly #webSockets = new WebSocketServer({
    server: this.#http,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
  });
  /** Clients of a page's port that wait to be fetched, by id, with what gives each of them up. */
  readonly #waiting = new Map<string, { readonly socket: Socket; readonly giveUp: () => void }>();
  readonly #listeners = new Set<Server>();
  readonly #alive = new WeakSet<WebSocket>();
  readonly #pinger: NodeJS.Timeout;
  #connections = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#webSockets.on('connection', (webSocket, request) => this.#accept(webSocket, request));
    this.#pinger = setInterval(() => this.#ping(), pingMs);
  }

  /** Listens. @returns the address with its token; rejects when the port is taken */
  start(): Promise<string> {
    const { host, port, token } = this.#options;
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, () => {
        const address = this.#http.address();
        const bound = typeof address === 'object' && address !== null ? address.port : port;
        resolve(`ws://${host.includes(':') ? `[${host}]` : host}:${bound}/${token}`);
      });
    });
  }

  /** Ends everything at once, as a kill would. */
  stop(): Promise<void> {
    clearInterval(this.#pinger);
    for (const listener of this.#listeners) listener.close();
    for (const { socket } of this.#waiting.values()) socket.destroy();
    for (const webSocket of this.#webSockets.clients) webSocket.terminate();
    return new Promise((resolve) => this.#http.close(() => resolve()));
  }

  #accept(webSocket: WebSocket, request: IncomingMessage): void {
    const { connectionsMax, log } = this.#options;
    webSocket.on('error', (error) => log(`a page's connection broke: ${error.message}`));
    this.#alive.add(webSocket);
    webSocket.on('pong', () => this.#alive.add(webSocket));
    const [token = '', ...path] = (request.url ?? '').slice(1).split('/').map(decoded);
    const problem = this.#problemOf(request.headers.origin, token);
    if (problem !== undefined) refuse(webSocket, problem.code, problem.reason, log);
    else if (this.#connections >= connectionsMax) {
      const reason = `${connectionsMax} connections are open: start it with --max-connections`;
      refuse(webSocket, PipeClose.tooMany, reason, log);
    } else {
      this.#connections++;
      webSocket.once('close', () => this.#connections--);
      this.#open(webSocket, path);
    }
  }

  /** Why this page may not do anything here. */
  #problemOf(
    origin: string | undefined,
    token: string,
  ): { readonly code: number; readonly reason: string } | undefined {
    // Programs other than browsers name none; they need no gateway to open sockets.
    if (origin !== undefined && !this.#isOwnOrigin(origin)) {
      const reason = `pages of ${origin} may not: start it with --origin ${origin}`;
      return { code: PipeClose.notAllowed, reason };
    }
    return isSame(token, this.#options.token)
      ? undefined
      : { code: PipeClose.wrongToken, reason: 'the token is not the one that it printed' };
  }

  #isOwnOrigin(origin: string): boolean {
    const isLoopback = /^https?:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(origin);
    return isLoopback || this.#options.origins.includes(origin);
  }

  #open(webSocket: WebSocket, [first = '', second]: readonly string[]): void {
    if (first === 'listen' && second !== undefined) this.#listen(webSocket, Number(second));
    else if (first === 'accept' && second !== undefined) this.#fetch(webSocket, second);
    else this.#connect(webSocket, first);
  }

  #connect(webSocket: WebSocket, target: string): void {
    const { allow, listen, log } = this.#options;
    const [, host = '', port = ''] = /^\[?(.+?)\]?:(\d+)$/.exec(target) ?? [];
    // What a page offers, other servers of a page may use.
    const isOffered = ['127.0.0.1', 'localhost'].includes(host) && listen.includes(Number(port));
    if (host === '' || (!allow.includes(target) && !isOffered)) {
      const reason = `${target} is not allowed: start it with --allow ${target}`;
      refuse(webSocket, PipeClose.notAllowed, reason, log);
      return;
    }
    const socket = connect({ host, port: Number(port) });
    const failed = (error: NodeJS.ErrnoException): void =>
      refuse(webSocket, PipeClose.failed, `${error.code ?? 'EIO'} ${target}`, log);
    const left = (): Socket => socket.destroy();
    socket.once('error', failed);
    webSocket.once('close', left);
    socket.once('connect', () => {
      socket.off('error', failed);
      webSocket.off('close', left);
      this.#join(webSocket, socket, target);
    });
  }

  #join(webSocket: WebSocket, socket: Socket, what: string): void {
    const { log } = this.#options;
    log(`connected: ${what}`);
    new Pipe(webSocket, socket, () => log(`closed: ${what}`));
  }

  #listen(webSocket: WebSocket, port: number): void {
    const { listen, log } = this.#options;
    if (!listen.includes(port)) {
      const reason = `port ${port} is not offered: start it with --listen ${port}`;
      refuse(webSocket, PipeClose.notAllowed, reason, log);
      return;
    }
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      const id = randomBytes(12).toString('hex');
      this.#wait(id, socket);
      webSocket.send(encodePipeMessage({ kind: 'incoming', id }));
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      refuse(webSocket, PipeClose.failed, `${error.code ?? 'EIO'} 127.0.0.1:${port}`, log),
    );
    webSocket.once('close', () => {
      this.#listeners.delete(server);
      server.close();
    });
    server.listen(port, '127.0.0.1', () => {
      this.#listeners.add(server);
      log(`a page listens on 127.0.0.1:${port}`);
      const address = `127.0.0.1:${port}`;
      webSocket.send(encodePipeMessage({ kind: 'accepted', address, peer: '' }));
    });
  }

  /** Keeps a client until the page fetches it. */
  #wait(id: string, socket: Socket): void {
    const giveUp = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(id);
    };
    const timer = setTimeout(() => socket.destroy(), fetchMsMax);
    this.#waiting.set(id, { socket, giveUp });
    socket.on('error', () => undefined);
    socket.once('close', giveUp);
  }

  #fetch(webSocket: WebSocket, id: string): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      refuse(webSocket, PipeClose.failed, 'ECONNRESET the client left', this.#options.log);
      return;
    }
    const { socket, giveUp } = waiting;
    giveUp();
    this.#join(webSocket, socket, `a client of ${socket.localAddress}:${socket.localPort}`);
    socket.resume();
  }

  #ping(): void {
    for (const webSocket of this.#webSockets.clients) {
      if (!this.#alive.delete(webSocket)) webSocket.terminate();
      else webSocket.ping();
    }
  }
}

/** A script sees code and reason of a close, and nothing of a refused handshake. Reasons have at most 123 bytes. */
function refuse(
  webSocket: WebSocket,
  code: number,
  reason: string,
  log: (line: string) => void,
): void {
  log(`refused: ${reason}`);
  webSocket.close(code, reason.slice(0, 120));
}

/** What does not follow the rules of addresses is taken as it stands: it is no token and no address, and is refused as that. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
