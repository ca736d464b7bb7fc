/** What a contract suite and its processes say to each other: port calls and their outcomes. */
import type { ConnectionEvent } from '../../src/bee/env/index.ts';

export type ToPorts =
  | { readonly kind: 'disk'; readonly id: number; readonly call: DiskCall }
  | { readonly kind: 'file'; readonly id: number; readonly file: number; readonly call: FileCall }
  | { readonly kind: 'release'; readonly lock: number }
  | {
      readonly kind: 'listen';
      readonly id: number;
      readonly host: string;
      readonly port: number | string;
    }
  | { readonly kind: 'unlisten'; readonly listener: number }
  | {
      readonly kind: 'connect';
      readonly id: number;
      readonly host: string;
      readonly port: number | string;
    }
  | { readonly kind: 'send'; readonly connection: number; readonly bytes: Uint8Array }
  | { readonly kind: 'pause'; readonly connection: number; readonly paused: boolean }
  | { readonly kind: 'close'; readonly connection: number };

export type DiskCall =
  | readonly ['open', string, 'read' | 'create' | 'append' | 'truncate']
  | readonly ['list' | 'stat' | 'unlink' | 'mkdir' | 'rmdir' | 'lock', string]
  | readonly ['rename', string, string];

export type FileCall =
  | readonly ['append', Uint8Array, 'relaxed' | 'strict']
  | readonly ['read', number, number]
  | readonly ['truncate', number]
  | readonly ['close'];

export interface ConnectionInfo {
  readonly connection: number;
  readonly fd: number;
  readonly localAddress: string;
  readonly peerAddress: string;
}

export type FromPorts =
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'accepted'; readonly listener: number; readonly info: ConnectionInfo }
  | { readonly kind: 'event'; readonly connection: number; readonly event: ConnectionEvent }
  | { readonly kind: 'sent'; readonly connection: number; readonly unsent: number };
