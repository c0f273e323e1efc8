// What stands before every handler: requests that no honest client sends are refused, and nothing behind them is read.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { client, raw, signIn, startServer } from './support.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server?.stop());

const second = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
const refused = [
  ['both length headers', `POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: ${second.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`, 400],
  ['two different lengths', `POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: ${second.length}\r\n\r\n${second}`, 400],
  ['a blank before the colon', `POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length : ${second.length}\r\n\r\n${second}`, 400],
  ['two Host headers', `GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n${second}`, 400],
  ['no Host header', `GET /healthz HTTP/1.1\r\n\r\n`, 400],
  ['a length that is no number', `POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n`, 400],
  ['an unknown method', `BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n`, 405],
  ['a very long target', `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
  ['very large headers', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(17000)}\r\n\r\n`, 431],
  ['70 KB of headers', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(70000)}\r\n\r\n`, 431],
  ['too many headers', `GET /healthz HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 120 }, (_, i) => `X-${i}: 1\r\n`).join('')}\r\n`, 431],
];
for (const [what, bytes, status] of refused)
  test(`${what}: ${status}, and the connection ends`, async () => {
    const { answer, closed } = await raw(server.port, bytes);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), answer.slice(0, 60));
    assert.doesNotMatch(answer, /^HTTP\/1\.1 200/m, 'what follows was not run');
    assert.ok(closed);
    if (status === 405) assert.match(answer, /\r\nAllow: /);
  });

const targets = ['/api/v1/forms/..%2f..%2fetc%2fpasswd', '/%2e%2e/etc/passwd', '/api/../etc/passwd', '/%252e%252e/x', '/a%00b', '/..%5cx', '/a\\b', '/%c0%ae%c0%ae/x', '/%zz', '/a%0d%0ab'];
for (const target of targets)
  test(`the target ${target} is refused`, async () => {
    const { status } = await raw(server.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    assert.ok(status === 400 || status === 404, String(status));
  });

test('a head that comes one byte a second is cut off at ten seconds', { timeout: 20000 }, async () => {
  const begun = Date.now();
  await new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1');
    const drip = setInterval(() => socket.write('X'), 1000);
    socket.write('GET /healthz HTTP/1.1\r\nX-');
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drip);
      resolve();
    });
  });
  assert.ok(Date.now() - begun < 14000, `${Date.now() - begun} ms`);
});

const bodies = [
  ['malformed JSON', '{"name": ', 400, 'json.end'],
  ['a duplicate member', '{"name":"a","name":"b"}', 400, 'json.duplicate'],
  ['nesting 10,000 deep', '['.repeat(10000), 400, 'json.depth'],
  ['a number of 100,000 digits', `{"name":${'9'.repeat(100000)}}`, 400, 'json.number'],
  ['a lone surrogate', '{"name":"\\ud800"}', 400, 'json.surrogate'],
  ['an unknown member', '{"name":"a","password":"b","admin":true}', 422, 'json.member.unknown'],
  ['a wrong type', '{"name":5,"password":"b"}', 422, 'json.member.type'],
  ['a missing member', '{"name":"a"}', 422, 'json.member.missing'],
];
for (const [what, body, status, code] of bodies)
  test(`${what} is answered ${status} with its place`, async () => {
    const answer = await client(server).post('/api/v1/session', body);
    assert.equal(answer.status, status);
    assert.equal(answer.body.code, code);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8');
    assert.ok(answer.body.requestId);
  });

test('malformed JSON is answered with its line and column', async () => {
  const { body } = await client(server).post('/api/v1/session', '{\n  "name": "a",\n  "password" "b"\n}', { 'Accept-Language': 'en' });
  assert.equal(body.errors[0].line, 3);
  assert.equal(body.errors[0].column, 14);
});

test('invalid UTF-8 is answered 400', async () => {
  const answer = await client(server).post('/api/v1/session', new Uint8Array([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x7d]));
  assert.equal(answer.body.code, 'json.utf8');
});

test('a body announced as 100 MB is refused before it is sent', async () => {
  const { status, closed } = await raw(server.port, 'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n{');
  assert.equal(status, 413);
  assert.ok(closed);
});

test('a form post is no JSON', async () => {
  const answer = await client(server).post('/api/v1/session', 'name=a&password=b', { 'Content-Type': 'application/x-www-form-urlencoded' });
  assert.equal(answer.status, 415);
});

test('requests from another site are refused, with or without a session', async () => {
  const nobody = client(server);
  assert.equal((await nobody.post('/api/v1/session', {}, { 'Sec-Fetch-Site': 'cross-site' })).body.code, 'http.cross_site');
  assert.equal((await nobody.post('/api/v1/session', {}, { Origin: 'https://elsewhere.example' })).body.code, 'http.cross_site');
  const person = await signIn(server, 'company');
  const forged = await client(server, { Cookie: person.cookie }).post('/api/v1/session/password', { old: 'x', new: 'y' });
  assert.equal(forged.status, 403);
  assert.equal(forged.body.code, 'http.token');
});

test('a changing route does not answer GET, and says what it answers', async () => {
  const answer = await client(server).get('/api/v1/session/password');
  assert.equal(answer.status, 405);
  assert.match(answer.headers.get('allow'), /POST/);
});

test('every answer carries the security headers', async () => {
  for (const path of ['/', '/healthz', '/api/v1/nothing', '/api/openapi.json']) {
    const { headers } = await client(server).get(path);
    assert.match(headers.get('content-security-policy'), /default-src 'none'/, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'same-origin');
  }
});

test('problems are told in the language that is asked for', async () => {
  const zh = await client(server).get('/api/v1/forms/absent'), en = await client(server).get('/api/v1/forms/absent', { 'Accept-Language': 'en' });
  assert.equal(zh.body.detail, '没有表单 absent');
  assert.equal(en.body.detail, 'there is no form absent');
});

test('the server is as well as before', async () => {
  assert.deepEqual((await client(server).get('/healthz')).body, { status: 'ok' });
});
