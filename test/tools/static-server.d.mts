/** See static-server.mjs. */
export function serveFolder(
  folder: string,
  options?: { port?: number; host?: string; base?: string; headers?: Record<string, string> },
): Promise<{ url: string; port: number; close: () => Promise<void> }>;
