/**
 * The `uri` module: `uri.parse` and `uri.format`. Addresses that servers listen on and connect to are read by
 * `base/uri.ts`, which wants a service; this one takes whatever RFC 3986 calls a URI, without a scheme too.
 */
export interface UriParts {
  readonly scheme?: string;
  readonly login?: string;
  readonly password?: string;
  readonly host?: string;
  readonly service?: string;
  readonly path?: string;
  readonly query?: string;
  readonly fragment?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly unix?: string;
}

const word = "(?:[A-Za-z0-9_~.!$&'()*+,;=-]|%%|%[0-9A-Fa-f]{1,2})";
const pathCharacter = "(?:[A-Za-z0-9_~.!$&'()*+,;=@:|-]|%%|%[0-9A-Fa-f]{1,2})";
const unixPath = `\\.{0,1}(?:/(?:[A-Za-z0-9_~.!$&'()*+,;=@-]|%%|%[0-9A-Fa-f]{1,2})+)+`;
const userinfo = `(?:(?<login>${word}+)(?::(?<password>${word}*))?@)?`;
const tail = `(?:\\?(?<query>(?:${pathCharacter}|[/?])*))?(?:#(?<fragment>(?:${pathCharacter}|[/?])*))?`;
const host = `(?<host>\\[[0-9A-Fa-f:.]+\\]|${word}+)`;

const forms = [
  /^(?<service>\d+)$/,
  new RegExp(
    `^(?:(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?${userinfo}unix/:(?<unix>${unixPath}):?${tail}$`,
  ),
  new RegExp(`^${userinfo}(?<unix>/(?:${pathCharacter}+(?:/${pathCharacter}*)*)?)$`),
  new RegExp(
    `^(?:(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?${userinfo}${host}(?::(?<service>\\d+|[A-Za-z]*))?(?<path>(?:/${pathCharacter}*)*)${tail}$`,
  ),
];

/** `uri.parse`. @returns undefined for what is none */
export function parseUriParts(text: string): UriParts | undefined {
  for (const form of forms) {
    const groups = form.exec(text)?.groups;
    if (groups !== undefined) return partsOf(groups);
  }
  return undefined;
}

function partsOf(groups: Readonly<Record<string, string | undefined>>): UriParts {
  const parts: Record<string, string> = {};
  for (const name of [
    'scheme',
    'login',
    'password',
    'host',
    'service',
    'path',
    'query',
    'fragment',
  ]) {
    const value = groups[name];
    if (value !== undefined && !(value === '' && (name === 'service' || name === 'path'))) {
      parts[name] = value;
    }
  }
  const place = groups['host'];
  if (groups['unix'] !== undefined) {
    parts['host'] = 'unix/';
    parts['service'] = groups['unix'];
    parts['unix'] = groups['unix'];
  } else if (place?.startsWith('[') === true) {
    parts['host'] = place.slice(1, -1);
    parts['ipv6'] = parts['host'];
  } else if (place !== undefined && /^\d{1,3}(?:\.\d{1,3}){3}$/.test(place)) {
    parts['ipv4'] = place;
  }
  return parts;
}

/** `uri.format`. */
export function formatUriParts(uri: UriParts, withPassword: boolean): string {
  let text = has(uri.scheme) ? `${uri.scheme}://` : '';
  if (has(uri.host)) {
    if (has(uri.login)) {
      text += uri.login;
      if (has(uri.password) && withPassword) text += `:${uri.password}`;
      text += '@';
    }
    text += uri.host;
    if (has(uri.service)) text += `:${uri.service}`;
  }
  if (has(uri.path)) text += uri.path;
  if (has(uri.query)) text += `?${uri.query}`;
  if (has(uri.fragment)) text += `#${uri.fragment}`;
  return text;
}

function has(part: string | undefined): boolean {
  return part !== undefined && part !== '';
}
