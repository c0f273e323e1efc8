// Sessions, rights and registers over real HTTP.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accounts, client, root, signIn, startServer } from './support.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server?.stop());

test('each sign-in makes a new token, and an old one is dead after signing out', async () => {
  const first = await signIn(server, 'nrb'), second = await signIn(server, 'nrb');
  assert.notEqual(first.cookie, second.cookie);
  assert.equal((await first.get('/api/v1/session')).body.person.department, 'NRB');
  assert.equal((await first.ask('DELETE', '/api/v1/session')).status, 204);
  assert.equal((await first.get('/api/v1/session')).status, 401);
  assert.equal((await second.get('/api/v1/session')).status, 200);
});

test('a token that was set before signing in is not taken over', async () => {
  const fixed = `__Host-gx=${'a'.repeat(64)}`;
  const answer = await fetch(`${server.url}/api/v1/session`, { method: 'POST', headers: { 'Content-Type': 'application/json', Cookie: fixed }, body: JSON.stringify({ name: 'chb', password: 'Sample-2026-05' }) });
  assert.equal(answer.status, 201);
  assert.ok(!answer.headers.get('set-cookie').startsWith(fixed));
  assert.match(answer.headers.get('set-cookie'), /Secure; HttpOnly; SameSite=Lax/);
});

test('what a person may not do is 403, and stands in the audit chain', async () => {
  const company = await signIn(server, 'company');
  assert.equal((await company.get('/api/v1/audit')).status, 403);
  assert.equal((await company.get('/api/v1/registers/staff/records')).status, 403);
  assert.equal((await client(server).get('/api/v1/registers')).status, 401);
  const auditor = await signIn(server, 'auditor');
  const refused = await auditor.get('/api/v1/audit?result=refused&actor=company');
  assert.ok(refused.body.items.some((entry) => entry.action === 'audit.read'));
});

test('every act that can stand in the audit trail has a name in both languages', () => {
  const read = (path) => readFileSync(join(root, path), 'utf8'), list = (folder, end) => readdirSync(join(root, folder)).filter((name) => name.endsWith(end)).map((name) => read(`${folder}/${name}`)).join('\n');
  const errors = new Set([...list('src/base/errors', '.def').matchAll(/^ERROR\("([^"]+)"/gm)].map(([, code]) => code));
  const source = list('src/api', '.c') + read('src/service/identity.c') + read('src/service/permit.c');
  const rights = [...(read('src/api/routes.def') + read('src/api/engine_rest.def')).matchAll(/^ROUTE\("\w+", "[^"]+", \w+, "(\w+\.\w+)"/gm)].map(([, right]) => right); // a refusal names the right
  const acts = [...source.matchAll(/(?<!GX_TEXT\()"((?:account|case|deputy|incident|message|password|permit|process|register|session|task)\.[a-z_]+)"/g)].map(([, act]) => act).filter((act) => !errors.has(act));
  assert.ok(rights.length > 40 && acts.length > 20, `${rights.length} ${acts.length}`);
  for (const language of ['zh', 'en']) {
    const messages = JSON.parse(read(`web/src/messages/${language}.json`));
    assert.deepEqual([...new Set([...rights, ...acts])].filter((act) => !messages[`action.${act}`]), [], language);
  }
});

test('a wrong password and an unknown name get the same answer', async () => {
  const nobody = client(server);
  const wrong = await nobody.post('/api/v1/session', { name: 'umb', password: 'not this one' }), unknown = await nobody.post('/api/v1/session', { name: 'who', password: 'not this one' });
  assert.equal(wrong.status, 401);
  assert.equal(unknown.status, 401);
  assert.equal(wrong.body.detail, unknown.body.detail);
});

test('guessing tells nothing about who has an account: the answers and the waiting are the same', async () => {
  const guess = async (name) => {
    const begun = performance.now(), { status, body } = await client(server).post('/api/v1/session', { name, password: 'not this one' });
    return { status, code: body.code, ms: performance.now() - begun };
  };
  const known = [], unknown = [];
  for (let i = 0; i < 6; i++) {
    known.push(await guess('hcb'));
    unknown.push(await guess('nobody-of-that-name'));
  }
  assert.deepEqual(known.map((one) => one.code), unknown.map((one) => one.code));
  assert.ok(unknown.some((one) => one.status === 429));
  const fastest = (list) => Math.min(...list.filter((one) => one.status === 401).map((one) => one.ms));
  assert.ok(fastest(unknown) > fastest(known) / 2, `${fastest(unknown)} ms for a name nobody has, ${fastest(known)} ms for one`); // hashed all the same
});

test('tries over many names from one address are stopped', async () => {
  const other = await startServer({ sample: false });
  try {
    const codes = [];
    for (let i = 0; i < 40; i++) codes.push((await client(other).post('/api/v1/session', { name: `name-${i}`, password: 'not this one' })).body.code);
    assert.ok(codes.filter((code) => code === 'identity.password').length <= 35, String(codes));
    assert.equal(codes.at(-1), 'identity.slow_down');
  } finally {
    await other.stop();
  }
});

test('a session somebody left open is no place to guess its password from', async () => {
  const one = await signIn(server, 'utl'), codes = [];
  for (let i = 0; i < 6; i++) codes.push((await one.post('/api/v1/session/password', { old: `guess number ${i}`, new: 'something quite new' })).body.code);
  assert.equal(codes[0], 'identity.password');
  assert.equal(codes.at(-1), 'identity.slow_down');
});

test('a person has five sessions at most: the sixth ends the oldest', async () => {
  const all = [];
  for (let i = 0; i < 6; i++) all.push(await signIn(server, 'auditor'));
  const alive = await Promise.all(all.map(async (one) => (await one.get('/api/v1/session')).status));
  assert.deepEqual(alive, [401, 200, 200, 200, 200, 200]);
});

test('after a few wrong passwords even the right one must wait, and only for that account', async () => {
  const nobody = client(server), statuses = [];
  for (let i = 0; i < 6; i++) statuses.push((await nobody.post('/api/v1/session', { name: 'met', password: `guess ${i}` })).status);
  assert.deepEqual(statuses.slice(0, 3), [401, 401, 401]);
  assert.ok(statuses.includes(429), String(statuses));
  assert.equal((await nobody.post('/api/v1/session', { name: 'met', password: accounts.met })).status, 429);
  assert.ok((await signIn(server, 'utl')).token);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.ok((await signIn(server, 'met')).token);
});

test('registers are searched in Chinese, filtered, sorted and paged', async () => {
  const one = await signIn(server, 'sysadmin');
  const found = async (path) => (await one.get(`/api/v1/registers/${path}`)).body;
  assert.ok((await found(`enterprise/records?q=${encodeURIComponent('山推')}`)).items.some((row) => row.name.includes('山推')));
  assert.equal((await found(`project/records?q=${encodeURIComponent('智能化驾驶室')}`)).items[0].id, 'P002');
  const page = await found('enterprise/records?filter.credit=A&sort=-employees&size=5&page=2');
  assert.equal(page.items.length, 5);
  assert.ok(page.items.every((row, i) => row.credit === 'A' && (i === 0 || page.items[i - 1].employees >= row.employees)));
  assert.equal((await one.get('/api/v1/registers/enterprise/records?sort=nothing')).status, 422);
  assert.equal((await one.get("/api/v1/registers/enterprise/records?filter.name=' OR 1=1--")).body.total, 0);
});

test('an export opens in a spreadsheet and runs nothing there', async () => {
  const one = await signIn(server, 'sysadmin');
  const record = { id: 'G97', name: '=HYPERLINK("http://x")' };
  assert.equal((await one.post('/api/v1/registers/grid/records', record)).status, 201);
  const { body, headers } = await one.get('/api/v1/registers/grid/records.csv');
  assert.match(headers.get('content-type'), /text\/csv/);
  assert.ok(body.includes(`"'=HYPERLINK(""http://x"")"`));
});

test('an update without a version, or with an old one, is refused', async () => {
  const one = await signIn(server, 'sysadmin');
  const path = '/api/v1/registers/grid/records/G96', record = { id: 'G96', name: 'first' };
  assert.equal((await one.post('/api/v1/registers/grid/records', record)).status, 201);
  assert.equal((await one.put(path, { ...record, name: 'x' })).status, 428);
  const changed = await one.put(path, { ...record, name: 'second' }, { 'If-Match': '"1"' });
  assert.equal(changed.status, 200);
  assert.equal(changed.headers.get('etag'), '"2"');
  assert.equal((await one.put(path, { ...record, name: 'third' }, { 'If-Match': '"1"' })).status, 412);
  const unknown = await one.put(path, { ...record, colour: 'red' }, { 'If-Match': '"2"' });
  assert.equal(unknown.status, 422);
  assert.equal(unknown.body.errors[0].pointer, '/colour');
});

test('a request sent twice under one key acts once', async () => {
  const one = await signIn(server, 'sysadmin');
  const send = (body) => one.post('/api/v1/registers/grid/records', body, { 'Idempotency-Key': 'the-same-key' });
  const first = await send({ id: 'G95', name: 'once' }), again = await send({ id: 'G95', name: 'once' });
  assert.equal(first.status, 201);
  assert.equal(again.status, 201);
  assert.deepEqual(again.body, first.body);
  assert.equal((await send({ id: 'G94', name: 'other' })).status, 409);
});

test('the description of the API has every route, and every route is there', async () => {
  const { body } = await client(server).get('/api/openapi.json');
  assert.equal(body.openapi, '3.1.0');
  const routes = ['routes.def', 'engine_rest.def'].map((name) => readFileSync(join(root, 'src/api', name), 'utf8')).join('\n');
  const rows = [...routes.matchAll(/^ROUTE\("(\w+)", "([^"]+)"/gm)].map(([, method, path]) => `${method} ${path}`);
  const described = Object.entries(body.paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
  assert.ok(rows.length > 60, `${rows.length} rows`);
  assert.deepEqual(described.sort(), rows.sort()); // none left out, none invented
  for (const [path, operations] of Object.entries(body.paths))
    for (const [method, operation] of Object.entries(operations)) {
      assert.ok(operation.summary && operation.description, `${method} ${path}`);
      if (path.endsWith('/events')) continue;
      const { status, body: answer } = await client(server).ask(method.toUpperCase(), path.replace(/\{\w+\}/g, 'x'), method === 'get' ? undefined : {});
      assert.ok(status !== 405 && answer?.code !== 'http.not_found', `${method} ${path}: ${status}`);
      for (const reference of JSON.stringify(operation).matchAll(/#\/components\/schemas\/(\w+)/g)) assert.ok(body.components.schemas[reference[1]], reference[1]);
    }
});
