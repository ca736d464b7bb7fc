/** Serves a folder over HTTP as any static host would: no special headers, no fallback pages. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** How many ports are tried, from the wanted one upwards. */
const portsTried = 50;

/**
 * Serves a folder on the wanted port, or on the next one that is free.
 * @param {string} folder
 * @param {{ port?: number, host?: string, base?: string, headers?: Record<string, string> }}
 *   options port 0 takes any; `base` is the path under which the folder stands, with slashes at
 *   both ends; headers are added to each answer
 * @returns {Promise<{ url: string, port: number, close: () => Promise<void> }>}
 */
export async function serveFolder(folder, options = {}) {
  const { port: wanted = 0, host = 'localhost', base = '/', headers = {} } = options;
  const server = createServer((request, response) =>
    answer(folder, base, headers, request, response),
  );
  const port = await listen(server, wanted, host);
  return {
    url: `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : host}:${port}${base}`,
    port,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

async function listen(server, wanted, host) {
  for (let port = wanted; ; port++) {
    try {
      await new Promise((done, refuse) => {
        server.once('error', refuse);
        server.listen(port, host, () => {
          server.off('error', refuse);
          done();
        });
      });
      return server.address().port;
    } catch (error) {
      const isTaken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      if (!isTaken || wanted === 0 || port >= wanted + portsTried) throw error;
    }
  }
}

function answer(folder, base, headers, request, response) {
  let path;
  try {
    path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
  } catch {
    response.writeHead(400, headers).end();
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { ...headers, allow: 'GET, HEAD' }).end();
    return;
  }
  // `normalize` of an absolute path cannot climb above it.
  const file = path.startsWith(base)
    ? fileAt(folder, normalize(`/${path.slice(base.length)}`))
    : undefined;
  if (file === undefined) {
    response.writeHead(404, { ...headers, 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  response.writeHead(200, {
    'content-type': types[extname(file.path)] ?? 'application/octet-stream',
    'content-length': file.size,
    // Built assets carry a hash in their name; everything else may change.
    'cache-control': path.includes('/assets/') ? 'max-age=31536000, immutable' : 'no-cache',
    ...headers,
  });
  if (request.method === 'HEAD') response.end();
  else createReadStream(file.path).pipe(response);
}

function fileAt(folder, path) {
  for (const name of path.endsWith('/') ? [`${path}index.html`] : [path]) {
    const full = join(folder, name);
    const stat = statSync(full, { throwIfNoEntry: false });
    if (stat?.isFile()) return { path: full, size: stat.size };
  }
  return undefined;
}
