import { type ClientError, clientError, typedError } from '../box/error.ts';
import type { WalError } from '../wal/wal-error.ts';

/** What is wrong with a file, as an error that Lua code, clients and peers can be given. */
export function fromWalError(error: WalError): ClientError {
  const [file = '', line = '0'] = (error.source ?? '').split(':');
  const made =
    error.type === 'ClientError' && error.codeName !== undefined
      ? clientError(error.codeName, error.message)
      : typedError(error.type === 'ClientError' ? 'XlogError' : error.type, error.message);
  return made.at(file, Number(line));
}
