/**
 * A page in Chromium whose Terminal #2 is a replica of a real Tarantool through the gateway, and its master: rows go both ways, the
 * gateway is killed and restarted in between, and both sides agree.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../iproto/real-server.ts';
import { ConsoleProcess } from '../real/console-process.ts';
import { describeReal, RealDirectory } from '../real/tarantool.ts';
import { buildGateway } from '../tools/build.mjs';
import { hasChromium } from '../tools/chromium.ts';
import { root } from '../tools/source-tree.ts';
import { Site, strictPolicy, type TutorialPage } from './tutorial-page.ts';

const token = 'end-to-end-token';

/** The gateway as a process, to be killed. */
class GatewayProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  static start(port: number, realPort: number, pagePort: number): Promise<GatewayProcess> {
    const own = ['--port', String(port), '--token', token];
    const rules = ['--allow', `127.0.0.1:${realPort}`, '--listen', String(pagePort)];
    const program = join(root, 'dist/gateway.js');
    const child = spawn(process.execPath, [program, ...own, ...rules], { stdio: 'pipe' });
    return new Promise((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (bytes: Buffer) => {
        said += bytes.toString();
        if (said.includes('The gateway is at')) resolve(new GatewayProcess(child));
      });
      child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}: ${said}`)));
    });
  }

  kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    return this.#ended;
  }
}

describe.skipIf(!hasChromium)('in Chromium', () => {
  describeReal('a page and a real server through the gateway', () => {
    const directory = new RealDirectory();
    let site: Site;
    let page: TutorialPage;
    let real: ConsoleProcess;
    let gateway: GatewayProcess;
    let ports: { gateway: number; real: number; page: number };
    let address = '';

    beforeAll(async () => {
      ports = { gateway: await freePort(), real: await freePort(), page: await freePort() };
      address = `ws://127.0.0.1:${ports.gateway}/${token}`;
      await buildGateway({ ifStale: true });
      gateway = await GatewayProcess.start(ports.gateway, ports.real, ports.page);
      real = await ConsoleProcess.real(directory.path);
      await real.do(`db.cfg{listen = ${ports.real}, replication_timeout = 0.5}`);
      await real.do("db.schema.user.create('replicator', {password = 'password'})");
      await real.do("db.schema.user.grant('replicator', 'replication')");
      await real.do("s = db.schema.space.create('tester') i = s:create_index('primary')");
      await real.do("s:insert{1, 'from the real server'}");
      // Sockets to other hosts are what a policy must allow for this.
      site = await Site.start(`${strictPolicy}; connect-src 'self' ws://127.0.0.1:*`);
      page = await site.open({ route: '/playground' });
      await page.ready();
    });

    afterAll(async () => {
      // A page says in its console what a lost WebSocket is; all else would be wrong.
      const expected = /^WebSocket connection to 'ws:/;
      page.complaints.splice(
        0,
        Number.POSITIVE_INFINITY,
        ...page.complaints.filter((one) => !expected.test(one)),
      );
      await page.close();
      await site.close();
      await real.end('SIGKILL');
      await gateway.kill();
      directory.remove();
    });

    /** Asks Terminal #2 again until its rows in sight hold a text. */
    async function settlesInPage(statement: string, expected: string): Promise<void> {
      await page.until(`${statement} to answer ${expected}`, async () => {
        await page.type(2, statement);
        return (await page.rows(2)).join('\n').includes(expected);
      });
    }

    test('rows of the real server come to the page', async () => {
      await page.type(2, 'bee');
      const source = `replicator:password@${address}/127.0.0.1:${ports.real}`;
      await page.type(
        2,
        `db.cfg{listen='${address}/${ports.page}', replication_timeout=0.5, replication_source='${source}'}`,
      );
      await settlesInPage('db.space.tester:get(1)', "- [1, 'from the real server']");
      await real.do("s:insert{2, 'live'}");
      await settlesInPage('db.space.tester:get(2)', "- [2, 'live']");
    });

    test('rows of the page come to the real server', async () => {
      await real.do(`db.cfg{replication = 'replicator:password@127.0.0.1:${ports.page}'}`);
      await page.type(2, "db.space.tester:insert{3, 'from the page'}");
      await real.settles('s:get(3)', "- [3, 'from the page']\n");
    });

    test('net.box and the console go the same way', async () => {
      const there = `${address}/127.0.0.1:${ports.real}`;
      await page.type(2, `c = require('net.box').connect('replicator:password@${there}')`);
      await settlesInPage('c.error or c.state', '- active');
      await settlesInPage('c.space._cluster:get{1}[1]', '- 1');
      await settlesInPage("'seen as ' .. c.host", `- seen as ws://127.0.0.1:${ports.gateway}/***/`);
      await page.type(2, `require('net.box').connect('${address}/127.0.0.1:1').error`);
      // The answer's YAML is folded, and so are the screen's rows.
      const shown = (await page.rows(2)).join('').replaceAll(/\s/g, '');
      expect(shown).toContain('127.0.0.1:1isnotallowed:startitwith--allow127.0.0.1:1');
    });

    test('both sides agree who follows whom', async () => {
      await real.settles('db.info.replication[2].upstream.status', '- follow\n');
      await real.settles('db.info.replication[2].downstream.status', '- follow\n');
      await settlesInPage("'up ' .. db.info.replication[1].upstream.status", '- up follow');
      await settlesInPage("'down ' .. db.info.replication[1].downstream.status", '- down follow');
      // The token is as secret as the password.
      await page.type(2, "'peer ' .. db.info.replication[1].upstream.peer");
      const [shown] = (await page.rows(2)).filter((row) => row.startsWith('- peer '));
      expect(shown).toBe(
        `- peer replicator@ws://127.0.0.1:${ports.gateway}/***/127.0.0.1:${ports.real}`,
      );
    });

    test('without the gateway both go on alone, and each says what it misses', async () => {
      await gateway.kill();
      await real.do("s:insert{4, 'real, alone'}");
      await page.type(2, "db.space.tester:insert{5, 'page, alone'}");
      await settlesInPage(
        'db.info.replication[1].upstream.message',
        `no gateway answers at ws://127.0.0.1:${ports.gateway}: npm run gateway starts one`,
      );
      await real.settles('db.info.replication[2].upstream.status', '- disconnected\n');
      const gone = `gateway ws://127.0.0.1:${ports.gateway} is gone: nobody outside the page reaches this server`;
      await page.until('the log to say so', async () =>
        (await page.transcript(2)).join('\n').includes(gone),
      );
    });

    test('when it is back, both have everything', async () => {
      gateway = await GatewayProcess.start(ports.gateway, ports.real, ports.page);
      await settlesInPage('db.space.tester:get(4)', "- [4, 'real, alone']");
      await real.settles('s:get(5)', "- [5, 'page, alone']\n");
      await real.settles('db.info.replication[2].upstream.status', '- follow\n');
      const rows = '- 5\n';
      expect(await real.ask('s:count()')).toBe(rows);
      await settlesInPage("'rows: ' .. db.space.tester:count()", "- 'rows: 5'");
    });
  });
});
