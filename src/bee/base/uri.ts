/** A network address as `db.cfg` and net.box take it: `[login[:password]@]host:service` or a path of a unix socket. */
export interface Uri {
  readonly login: string | undefined;
  readonly password: string | undefined;
  /** '' where only a port was given, 'unix/' for a path, all of it for an address behind a gateway. */
  readonly host: string;
  /** A port number as text, or the path; '' behind a gateway. */
  readonly service: string;
}

/** `ws://GATEWAY/TOKEN/TARGET`: what a server in a page reaches, or listens on, through a gateway (`src/gateway`). */
export interface GatewayAddress {
  /** `ws://127.0.0.1:8765`. */
  readonly gateway: string;
  readonly token: string;
  /** `127.0.0.1:3301`, or a port alone to listen on. */
  readonly target: string;
}

/** @returns undefined for what is no address behind a gateway */
export function parseGatewayAddress(text: string): GatewayAddress | undefined {
  const match = /^(wss?:\/\/[^/\s@]+)\/([A-Za-z0-9_-]+)\/([^/\s@]+)$/.exec(text);
  if (match === null) return undefined;
  const [, gateway = '', token = '', target = ''] = match;
  return { gateway, token, target };
}

/**
 * Reads an address.
 * @param text `3301`, `localhost:3301`, `user:secret@host:3301`, `/tmp/bee.sock`, `unix/:/tmp/bee.sock`,
 *   `user:secret@ws://127.0.0.1:8765/TOKEN/127.0.0.1:3301`
 * @returns undefined when it has no service, as the real server's uri_parse finds
 */
export function parseUri(text: string): Uri | undefined {
  const at = text.lastIndexOf('@');
  const credentials = at < 0 ? '' : text.slice(0, at);
  const colon = credentials.indexOf(':');
  const login = at < 0 ? undefined : colon < 0 ? credentials : credentials.slice(0, colon);
  const password = colon < 0 ? undefined : credentials.slice(colon + 1);
  const address = text.slice(at + 1);
  const place = parseAddress(address);
  return place === undefined || login === '' ? undefined : { login, password, ...place };
}

function parseAddress(address: string): { host: string; service: string } | undefined {
  if (/^wss?:\/\//.test(address)) {
    return parseGatewayAddress(address) === undefined ? undefined : { host: address, service: '' };
  }
  // A path from here must have its prefix, and one from the directory above is none: so says the real parser.
  const unix = /^(?:unix\/:(?=\.?\/)|(?=\/))(.+)$/.exec(address);
  if (unix?.[1] !== undefined) return { host: 'unix/', service: unix[1] };
  const port = /^:?(\d+)$/.exec(address);
  if (port?.[1] !== undefined) return { host: '', service: port[1] };
  const full = /^(\[[0-9a-fA-F:.]+\]|[^\s:/@]+):([A-Za-z0-9_-]+)$/.exec(address);
  if (full?.[1] === undefined || full[2] === undefined) return undefined;
  return { host: full[1], service: full[2] };
}

/**
 * Writes an address.
 * @param withPassword false leaves the password out, and hides a gateway's token, as logs and `db.info` do
 */
export function formatUri(uri: Uri, withPassword: boolean): string {
  const secret = withPassword && uri.password !== undefined ? `:${uri.password}` : '';
  const who = uri.login === undefined ? '' : `${uri.login}${secret}@`;
  if (uri.host === '') return `${who}${uri.service}`;
  if (uri.host === 'unix/') return `${who}unix/:${uri.service}`;
  if (uri.service !== '') return `${who}${uri.host}:${uri.service}`;
  return `${who}${withPassword ? uri.host : withoutToken(uri.host)}`;
}

/** A host with `***` in place of a gateway's token; any other host as it is. */
export function withoutToken(host: string): string {
  const address = parseGatewayAddress(host);
  return address === undefined ? host : `${address.gateway}/***/${address.target}`;
}

/** The address without its password; what cannot be read is given back as it is. */
export function withoutPassword(text: string): string {
  const uri = parseUri(text);
  const isSecret = uri !== undefined && (uri.password !== undefined || uri.service === '');
  return isSecret ? formatUri(uri, false) : text;
}
