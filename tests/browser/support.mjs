// What the page's tests share: a server to talk to, a browser, the accounts, and the checks every screen must pass.
// The server is build/gaoxing with the sample zone; with GX_MOCK=1 (or where no binary is built) it is the page's own stand-in.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const require = createRequire(import.meta.url);
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
export const screenshots = join(root, 'build/screenshots');

async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

async function startMock() {
  const { createMock } = await import('../../web/mock/server.mjs');
  const server = createMock();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const accounts = { company: ['qiye'], window: ['chuangkou'], admin: ['admin'], head: ['chb-head'], reviewers: [['nrb'], ['chb'], ['cdo'], ['eeb']] };
  const named = ([name]) => ({ name, password: 'sample-password' });
  return {
    isMock: true,
    url: `http://localhost:${server.address().port}`,
    accounts: { ...Object.fromEntries(['company', 'window', 'admin', 'head'].map((key) => [key, named(accounts[key])])), reviewers: accounts.reviewers.map(named) },
    matter: 'S25',
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** `extra`: a folder of packages to load beside the project's own; `more`: words for the command line. */
export async function startServer({ extra, more = [] } = {}) {
  const binary = join(root, 'build/gaoxing');
  const packages = extra ? mkdtempSync(join(tmpdir(), 'gaoxing-packages-')) : join(root, 'packages');
  if (extra) for (const from of [join(root, 'packages'), extra]) cpSync(from, packages, { recursive: true });
  if (process.env.GX_MOCK || !existsSync(binary)) return startMock();
  const data = mkdtempSync(join(tmpdir(), 'gaoxing-data-'));
  const port = await freePort();
  const child = spawn(binary, ['serve', '--port', String(port), '--data', data, '--packages', packages, '--sample', ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
      if (process.env.GX_TRACE) process.stderr.write(chunk);
    });
  const url = `http://localhost:${port}`;
  for (let waited = 0; ; waited += 100) {
    if (child.exitCode !== null || waited > 30000) throw new Error(`the server does not start: ${said}`);
    const isUp = await fetch(`${url}/healthz`).then((answer) => answer.ok, () => false);
    if (isUp) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  return {
    isMock: false,
    url,
    data,
    accounts: sampleAccounts(packages),
    matter: process.env.GX_MATTER ?? 'S25',
    stop: async () => {
      child.kill('SIGTERM');
      await new Promise((done) => child.once('exit', done));
      rmSync(data, { recursive: true, force: true });
      if (extra) rmSync(packages, { recursive: true, force: true });
    },
  };
}

/** The demo accounts by what they may do. */
function sampleAccounts(packages) {
  const all = JSON.parse(readFileSync(join(packages, 'sample/accounts.json'), 'utf8'));
  const list = Array.isArray(all) ? all : (all.records ?? all.accounts);
  const is = (wanted) => (account) => account.roles.some((role) => wanted.test(role));
  return {
    company: list.find(is(/^applicant/)),
    window: list.find(is(/^window/)),
    admin: list.find(is(/^admin/)),
    head: list.find(is(/head/)),
    reviewers: list.filter(is(/^(reviewer|head)$/)),
  };
}

export async function startBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'gaoxing-browser-'));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** A page of its own session that remembers what went wrong on it. */
export async function openPage(browser, url, { width = 1440, height = 900, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'zh-CN', baseURL: url, acceptDownloads: true, reducedMotion: 'reduce', serviceWorkers: 'block', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  const problems = [];
  if (process.env.GX_TRACE) page.on('response', (answer) => answer.status() >= 400 && console.error(answer.status(), answer.request().method(), answer.url()));
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (process.env.GX_TRACE && message.type() === 'error') console.error(text);
    if (/Content Security Policy|Trusted ?Type|TrustedHTML/i.test(text)) problems.push(`policy: ${text}`);
  });
  return { page, context, problems };
}

export async function signIn(page, { name, password }) {
  await page.goto('/sign-in');
  await page.getByLabel('账号').fill(name);
  await page.getByLabel('密码').fill(password);
  await page.locator('main').getByRole('button', { name: '登录' }).click();
  await page.getByRole('button', { name: '退出' }).waitFor();
}

/** No finding of axe on what is on screen: WCAG 2.2 A and AA, and its best practices of structure. */
export async function checkAccessibility(page, name) {
  const found = await page.evaluate(
    async ([source]) => {
      if (!window.axe) (0, window.eval)(source);
      const result = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
      return result.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.failureSummary}`).join(' | ')}`);
    },
    [axeSource],
  );
  assert.deepEqual(found, [], `${name}: axe finds nothing`);
}

/** Nothing wider than the screen: no sideways scrolling of the page itself. */
export async function checkWidth(page, name) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${name}: ${over} px wider than the screen`);
}

export async function settle(page) {
  // the event stream never ends, so "network idle" never comes: a screen is settled when it has its heading and waits for nothing
  await page.locator('main h1, main h2').first().waitFor();
  await page.waitForTimeout(250);
  await page.locator('.loading:not([data-sample])').first().waitFor({ state: 'detached' });
}

export async function shoot(page, name) {
  mkdirSync(screenshots, { recursive: true });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

export { spawn, freePort };
