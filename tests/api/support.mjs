// What the API tests share: the real binary on a folder of its own, signing in, and raw sockets for what no client library sends.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const binary = process.env.GX_BINARY ?? join(root, 'build/gaoxing');

/** Starts the server on a free port; `folder` keeps its data over a restart. */
export async function startServer({ folder = mkdtempSync(join(tmpdir(), 'gaoxing-api-')), sample = true, packages = join(root, 'packages'), args = [] } = {}) {
  const child = spawn(binary, ['serve', '--port', '0', '--data', folder, '--packages', packages, ...(sample ? ['--sample'] : []), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const url = await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      const found = said.match(/http:\/\/localhost:(\d+)/);
      if (found) resolve(found[0]);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => reject(new Error(`the server does not start: ${said}`)));
    setTimeout(() => reject(new Error(`the server does not start in time: ${said}`)), 60000).unref();
  });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  return {
    url,
    port: Number(new URL(url).port),
    folder,
    child,
    said: () => said,
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      return ended;
    },
    async stop({ keep = false } = {}) {
      child.kill('SIGTERM');
      const end = await ended;
      if (!keep) rmSync(folder, { recursive: true, force: true });
      return end;
    },
  };
}

/** Sends bytes as they are and gives what came back until the other side closed, or `ms` passed. */
export function raw(port, bytes, ms = 1500) {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const end = (closed) => {
      socket.destroy();
      resolve({ answer, closed, status: Number(answer.match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? 0) });
    };
    const timer = setTimeout(() => end(false), ms);
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      end(true);
    });
  });
}

export const accounts = Object.fromEntries(JSON.parse(readFileSync(join(root, 'packages/sample/accounts.json'), 'utf8')).map((one) => [one.name, one.password]));

/** A signed-in client: ask(method, path, body, headers) gives {status, headers, body}. */
export async function signIn(server, name, password = accounts[name]) {
  const answer = await fetch(`${server.url}/api/v1/session`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, password }) });
  const body = await answer.json();
  if (answer.status !== 201) throw Object.assign(new Error(`${name} cannot sign in: ${body.detail}`), { status: answer.status, body });
  const cookie = answer.headers.get('set-cookie').split(';')[0];
  return { ...client(server, { Cookie: cookie, 'X-GX-Token': body.token }), cookie, token: body.token, person: body.person };
}

export function client(server, base = {}) {
  const ask = async (method, path, body, headers = {}) => {
    const isText = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(server.url + path, {
      method,
      headers: { ...base, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : isText ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, headers: answer.headers, body: isJson && text ? JSON.parse(text) : text };
  };
  return { ask, get: (path, headers) => ask('GET', path, undefined, headers), post: (path, body, headers) => ask('POST', path, body, headers), put: (path, body, headers) => ask('PUT', path, body, headers) };
}
