/** Addresses as the hosts without a real network (browser, simulator) know them: one machine, called localhost. */

import type { NetworkError } from './network.ts';

/** Names and addresses that mean this machine. '' and '*' are what a URI without a host gives. */
export function isOwnHost(host: string): boolean {
  return (
    ['', '*', 'localhost', '0.0.0.0', '::', '::1', 'unix/'].includes(host) ||
    host.startsWith('127.')
  );
}

/** True for an IPv4 address; on a machine alone, one that is not its own never answers. */
export function isNumericHost(host: string): boolean {
  return /^[\d.]+$/.test(host);
}

/**
 * What a host without gateways says when it is asked for one.
 * @param why it has none
 * @returns undefined when the host is no gateway's address
 */
export function gatewayRefusal(host: string, why: string): NetworkError | undefined {
  return /^wss?:\/\//.test(host) ? { code: 'EGATEWAY', message: why } : undefined;
}

/** A TCP port, 1 to 65535, or the path of a unix socket. */
export function isPort(port: number | string): boolean {
  if (typeof port === 'string') return port.length > 0;
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

/** `host:port`, or the path of a unix socket. */
export function formatAddress(host: string, port: number | string): string {
  if (typeof port === 'string') return port;
  return `${host === '' || host === '*' ? '0.0.0.0' : host}:${port}`;
}

/** The address that the other side of an accepted connection sees. */
export function peerAddressOf(port: number | string): string {
  return formatAddress('127.0.0.1', port);
}
