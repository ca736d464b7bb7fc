import type { Task } from '../base/fiber.ts';
import { accessDenied, clientError } from '../box/error.ts';
import { Privilege } from '../box/privilege.ts';
import type { Session } from '../box/session.ts';
import { decodeBase64 } from '../wire/base64.ts';
import { MsgpackReader } from '../wire/msgpack.ts';
import type { AuthRequest } from '../wire/requests.ts';
import { checkScramble, passwordHash, scrambleSize } from '../wire/scramble.ts';
import { invalidMsgpack } from './iproto-errors.ts';
import type { IprotoHost } from './iproto-host.ts';

const guestId = 0;

/**
 * Logs a session in (chap-sha1).
 * @param salt of this connection's greeting
 * @throws ClientError ER_NO_SUCH_USER, ER_PASSWORD_MISMATCH (also for a user without a password), ER_INVALID_MSGPACK, …
 */
export function* authenticate(
  host: IprotoHost,
  session: Session,
  request: AuthRequest,
  salt: Uint8Array,
): Task<void> {
  if (!host.isConfigured()) throw clientError('LOADING').at('box.cc', 1681);
  const { schema } = host.box;
  const user = schema.userByName(request.user);
  if (user === undefined || user.type !== 'user') {
    throw clientError('NO_SUCH_USER', request.user).at('user.cc', 539);
  }
  const credentials = schema.credentialsOf(user.name);
  const reader = new MsgpackReader(request.tuple ?? emptyArray);
  const count = reader.readArrayHeader();
  const hash = user.passwordHash;
  // Going back to guest needs no proof, so that pooled connections can be handed on.
  const isGuest = count === 0 && user.id === guestId && (hash === undefined || isEmpty(hash));
  if (!isGuest) {
    if ((credentials.universalAccess & Privilege.SESSION) === 0) {
      throw accessDenied('Session', 'universe', '', user.name).at('session.cc', 302);
    }
    if (count < 2) throw invalidMsgpack('authentication request body', ['authentication.cc', 70]);
    // The method's name is not looked at, as in the real server.
    reader.skip();
    const scramble = readScramble(reader);
    if (hash === undefined || !checkScramble(scramble, salt, hash)) {
      if (host.triggers.onAuth !== undefined) yield* host.triggers.onAuth(user.name, false);
      throw clientError('PASSWORD_MISMATCH', user.name).at('authentication.cc', 96);
    }
  }
  if (host.triggers.onAuth !== undefined) yield* host.triggers.onAuth(user.name, true);
  session.credentials = credentials;
}

const emptyArray = new Uint8Array([0x90]);

function readScramble(reader: MsgpackReader): Uint8Array {
  const type = reader.type();
  if (type !== 'str' && type !== 'bin') {
    throw invalidMsgpack('authentication scramble', ['authentication.cc', 83]);
  }
  const scramble = type === 'str' ? reader.readStrBytes() : reader.readBin();
  if (scramble.length !== scrambleSize) {
    throw invalidMsgpack('invalid scramble size', ['authentication.cc', 88]);
  }
  return scramble;
}

const emptyPassword = decodeBase64(passwordHash(''));

function isEmpty(hash: Uint8Array): boolean {
  return hash.every((byte, at) => byte === emptyPassword[at]);
}
