/**
 * `npm start`: installs what is missing, builds the page and serves it, exactly as a static host
 * would: what runs here is what is deployed. `npm start -- --dev` serves the sources with hot
 * reload instead, for working on Bee or on a lesson. `--port N` (or PORT) asks for a port, `--host
 * ADDRESS` for another interface than this machine's own.
 */
import { parseArgs } from 'node:util';
import { buildPage } from './build.mjs';
import { root } from './common.mjs';
import { installPackages } from './install.mjs';
import { serveFolder } from './static-server.mjs';

/** 8316: no service that a developer's machine is likely to run is registered there. */
const usualPort = 8316;

function options() {
  try {
    const { values } = parseArgs({
      options: {
        dev: { type: 'boolean', default: false },
        port: { type: 'string', default: process.env.PORT ?? String(usualPort) },
        host: { type: 'string', default: 'localhost' },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65535)
      throw new Error(`--port ${values.port} is no port`);
    return { ...values, port };
  } catch (error) {
    console.error(`${error.message}\nnpm start [-- --dev] [--port N] [--host ADDRESS]`);
    process.exit(2);
  }
}

async function serveSources({ port, host }) {
  const { createServer } = await import('vite');
  const server = await createServer({
    root,
    configFile: `${root}/vite.config.ts`,
    server: { port, host },
  });
  await server.listen();
  return server.resolvedUrls?.local[0] ?? server.resolvedUrls?.network[0] ?? '';
}

async function serveBuild({ port, host }) {
  await buildPage({ ifStale: true });
  // A page that embeds Bee is tried against this host, too, and its labs ask for what README asks of a host.
  const headers = { 'access-control-allow-origin': '*' };
  const server = await serveFolder(`${root}/dist`, { port, host, headers });
  if (port !== 0 && server.port !== port) console.log(`Port ${port} is taken.`);
  return server.url;
}

installPackages();
const { dev, ...place } = options();
try {
  const url = await (dev ? serveSources(place) : serveBuild(place));
  console.log(`\n  Bee's tutorial is at  ${url}\n\n  Ctrl-C ends it.\n`);
} catch (error) {
  console.error(`\nCould not start: ${error.message}`);
  process.exit(1);
}
