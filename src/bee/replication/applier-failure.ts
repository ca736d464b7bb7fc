/** What an applier makes of an error: what it logs, and whether it tries again. */
import { type Uri, withoutToken } from '../base/uri.ts';
import type { NetworkError, NetworkErrorCode } from '../env/index.ts';
import type { ApplierState } from './applier.ts';
import { Errno, isSystemError, logError, type ServerError, strerror } from './error.ts';
import type { ReplicationHost } from './host.ts';
import type { ReplicationSettings } from './settings.ts';

/** Logs why attempts fail, each reason once. */
export class FailureLog {
  readonly #host: ReplicationHost;
  readonly #uri: Uri;
  readonly #settings: ReplicationSettings;
  #loggedCode: number | undefined;

  constructor(host: ReplicationHost, uri: Uri, settings: ReplicationSettings) {
    this.#host = host;
    this.#uri = uri;
    this.#settings = settings;
  }

  /** The master was reached: what goes wrong from now on is news again. */
  forget(): void {
    this.#loggedCode = undefined;
  }

  /**
   * Logs what ended an attempt. An error with the number of the one logged before is no news, but a failed try to connect
   * is told each time in one line, as the manual's reader is led to expect ("ignore the repeated messages saying
   * 'failed to connect'"); it is always the same line, so that a terminal can fold it.
   * @param state in which the error came
   */
  log(state: ApplierState, error: ServerError): void {
    const { log } = this.#host;
    if (this.#loggedCode === error.code) {
      if (state !== 'connect' || !isSystemError(error)) return;
      const { host, service } = this.#uri;
      const isGateway = service === '';
      const place = isGateway
        ? withoutToken(host)
        : `${host === '' ? 'localhost' : host}:${service}`;
      log('I', `failed to connect to ${place}: ${failedConnectReason(error)}`);
      return;
    }
    const what = failedAction[state];
    if (what !== undefined) log('I', what);
    logError(log, error);
    if (retriedErrors.has(error.codeName) || isSystemError(error)) {
      log('I', `will retry every ${this.#settings.timeout.toFixed(2)} second`);
    }
    this.#loggedCode = error.code;
  }
}

/** Errors after which the real server says that it will retry (it says so of ER_UNKNOWN_REPLICA too, and does not). */
const retriedErrors = new Set([
  'ER_LOADING',
  'ER_CFG',
  'ER_ACCESS_DENIED',
  'ER_NO_SUCH_USER',
  'ER_SYSTEM',
  'ER_UNKNOWN_REPLICA',
  'ER_PASSWORD_MISMATCH',
]);

const loadingErrors = new Set([
  'ER_LOADING',
  'ER_CFG',
  'ER_ACCESS_DENIED',
  'ER_NO_SUCH_USER',
  'ER_PASSWORD_MISMATCH',
  'ER_SYNC_QUORUM_TIMEOUT',
  'ER_SYNC_ROLLBACK',
]);

const failedAction: Readonly<Partial<Record<ApplierState, string>>> = {
  connect: "can't connect to master",
  connected: "can't join/subscribe",
  ready: "can't join/subscribe",
  auth: 'failed to authenticate',
  sync: "can't read row",
  follow: "can't read row",
  initial_join: "can't read row",
  final_join: "can't read row",
};

/** The state that an error leads to. */
export function stateAfter(error: ServerError, isSelf: boolean): ApplierState {
  if (isSystemError(error)) return 'disconnected';
  if (error.codeName === 'ER_CONNECTION_TO_SELF' && isSelf) return 'off';
  if (loadingErrors.has(error.codeName)) return 'loading';
  if (error.codeName === 'ER_SYSTEM') return 'disconnected';
  return 'stopped';
}

/** strerror's words, but for what is no errno of a socket (`getaddrinfo: …`). */
function failedConnectReason(error: ServerError): string {
  return error.errno === Errno.EIO ? error.message : strerror(error.errno);
}

const connectErrno: Readonly<Partial<Record<NetworkErrorCode, number>>> = {
  ECONNREFUSED: Errno.ECONNREFUSED,
  ECONNRESET: Errno.ECONNRESET,
};

/** What a failed connect says; the real server names the socket it tried with. */
export function connectError(host: ReplicationHost, error: NetworkError): ServerError {
  if (error.code === 'EGATEWAY') {
    return host.errors.typed('SocketError', error.message, Errno.ECONNREFUSED, ['coio.cc', 108]);
  }
  if (error.code === 'ENOTFOUND' || error.code === 'EINVAL') {
    const text = 'getaddrinfo: Name or service not known';
    return host.errors.typed('SystemError', text, Errno.EIO, ['coio_task.c', 419]);
  }
  const errno = connectErrno[error.code] ?? Errno.ETIMEDOUT;
  const socket = error.socket === undefined ? '' : `, called on ${error.socket}`;
  return host.errors.typed('SocketError', `connect${socket}`, errno, ['coio.cc', 108]);
}
