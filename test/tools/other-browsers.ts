/**
 * Firefox and WebKit for tests, where they are installed: Debian's firefox-esr through puppeteer-core, and WebKitGTK's MiniBrowser
 * through WebKitWebDriver, which speaks the W3C protocol over HTTP and needs a display. Both are asked for no more than both can:
 * open an address, run a script in the page.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { launch } from 'puppeteer-core';
import { findProgram } from './install.mjs';

export interface OtherBrowser {
  open(url: string): Promise<void>;
  /** Evaluates an expression in the page. @returns its value, as JSON has it */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

const firefoxPath = process.env['BEE_FIREFOX'] ?? '/usr/bin/firefox-esr';
/** Debian puts it beside the library, by architecture. */
const miniBrowsers = ['x86_64', 'aarch64'].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`,
);
const miniBrowserPath = miniBrowsers.find((path) => existsSync(path));

export const hasFirefox = existsSync(firefoxPath);
export const hasWebKit =
  findProgram('WebKitWebDriver') !== undefined &&
  findProgram('Xvfb') !== undefined &&
  miniBrowserPath !== undefined;

export async function launchFirefox(): Promise<OtherBrowser> {
  const browser = await launch({ browser: 'firefox', executablePath: firefoxPath });
  const page = await browser.newPage();
  await page.setViewport({ width: 1400, height: 900 });
  return {
    open: async (url) => void (await page.goto(url)),
    evaluate: (expression) => page.evaluate(expression),
    close: () => browser.close(),
  };
}

/** Milliseconds that a driver may take to listen. */
const driverStartMs = 20_000;

export async function launchWebKit(): Promise<OtherBrowser> {
  const display = `:${90 + (process.pid % 900)}`;
  const screen = spawn('Xvfb', [display, '-screen', '0', '1400x900x24'], { stdio: 'ignore' });
  const port = await freePort();
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
    stdio: 'ignore',
    // Its sandbox wants rights that a container does not give.
    env: { ...process.env, DISPLAY: display, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' },
  });
  const end = (): void => {
    for (const child of [driver, screen] as ChildProcess[]) child.kill();
  };
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // Every answer of the protocol is an object with a value.
    const { value } = (await response.json()) as { value: { message?: string } };
    if (!response.ok) throw new Error(`WebKitWebDriver: ${value.message}`);
    return value;
  };
  try {
    await waitFor(() => call('GET', '/status'));
    const options = { binary: miniBrowserPath, args: ['--automation'] };
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
    // So the protocol answers a new session.
    const { sessionId } = (await call('POST', '/session', { capabilities })) as {
      sessionId: string;
    };
    const session = `/session/${sessionId}`;
    await call('POST', `${session}/timeouts`, { script: 60_000 });
    return {
      open: async (url) => void (await call('POST', `${session}/url`, { url })),
      evaluate: (expression) =>
        call('POST', `${session}/execute/sync`, { script: `return (${expression})`, args: [] }),
      close: async () => {
        await call('DELETE', session);
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}

async function waitFor(look: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + driverStartMs;
  for (;;) {
    try {
      await look();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  // A server that listens on a port has an AddressInfo; a string is for unix sockets only.
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
