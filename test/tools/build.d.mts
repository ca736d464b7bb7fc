/** See build.mjs. */
export function buildPage(options?: { ifStale?: boolean }): Promise<void>;
export function buildBee(options?: { ifStale?: boolean }): Promise<void>;
export function buildGateway(options?: { ifStale?: boolean }): Promise<void>;
