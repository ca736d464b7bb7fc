/**
 * The public surface of the database: `createServer` and the ports. Everything else in `src/bee` is reached from here.
 */
export type { Env } from './env/index.ts';
export { createServer } from './lua/server.ts';
export type * from './server/host.ts';
