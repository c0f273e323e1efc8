// Two servers on one PostgreSQL, under load, one of them killed again and again: what was answered is there, nothing is done twice,
// what falls due is done by whoever lives, and what one does the other's listeners hear.
//   GX_KILLS=40 GX_SEED=... python3 tests/postgres.py node --test tests/postgres/servers.test.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { client, signIn, startServer } from '../api/support.mjs';
import { makeDatabase } from './support.mjs';

const kills = Number(process.env.GX_KILLS ?? 25);
const seed = Number(process.env.GX_SEED ?? Date.now() % 1e9);

/** mulberry32: small, and the same everywhere */
function randomFrom(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 4294967296;
  };
}

let database;
let folder;
const servers = [];
const start = () => startServer({ folder, args: ['--db', database.address] });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

before(async () => {
  database = makeDatabase(`servers_${process.pid}`);
  folder = mkdtempSync(join(tmpdir(), 'gaoxing-servers-'));
  servers.push(await start());
  servers.push(await start());
});

after(async () => {
  for (const server of servers) if (server.child.exitCode === null && server.child.signalCode === null) await server.stop({ keep: true });
  if (folder) rmSync(folder, { recursive: true, force: true });
  database?.drop();
});

/** One request on a kept connection; undefined when the server died before its answer. */
function post(agent, port, path, headers, body) {
  const bytes = Buffer.from(JSON.stringify(body));
  return new Promise((resolve) => {
    const sent = request({ agent, port, host: '127.0.0.1', path, method: 'POST', headers: { ...headers, 'Content-Type': 'application/json', 'Content-Length': bytes.length } }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve(answer.complete ? { status: answer.statusCode, text } : undefined));
      answer.on('error', () => resolve(undefined));
    });
    sent.on('error', () => resolve(undefined));
    sent.end(bytes);
  });
}

test('one key sent to both servers at once makes one case', { timeout: 60000 }, async () => {
  const person = await signIn(servers[0], 'company');
  const headers = { Cookie: person.cookie, 'X-GX-Token': person.token };
  const agent = new Agent({ keepAlive: true });
  for (let i = 0; i < 30; i++) {
    const both = await Promise.all(servers.map((server) => post(agent, server.port, '/api/v1/cases', { ...headers, 'Idempotency-Key': `both-${i}` }, { matter: 'TUT', data: {} })));
    assert.deepEqual(both.map((answer) => answer.status), [201, 201], both[0].text + both[1].text);
    assert.equal(both[0].text, both[1].text);
  }
  agent.destroy();
  assert.deepEqual(database.sql('SELECT count(*) FROM cases'), ['30']);
});

test('of two who complete one task on two servers one is refused', { timeout: 60000 }, async () => {
  const person = await signIn(servers[0], 'company');
  const officers = await Promise.all(servers.map((server) => signIn(server, 'asb')));
  const headers = { Cookie: person.cookie, 'X-GX-Token': person.token };
  const agent = new Agent({ keepAlive: true });
  for (let i = 0; i < 10; i++) {
    const made = await post(agent, servers[0].port, '/api/v1/cases', headers, { matter: 'TUT', data: {} });
    assert.equal(made.status, 201, made.text);
    const [task] = database.sql(`SELECT t.id FROM task t JOIN cases c ON c.id = t.case_id WHERE c.number = '${JSON.parse(made.text).number}' AND t.done_at IS NULL`);
    const path = `/api/v1/tasks/${task}/complete`;
    const both = await Promise.all(servers.map((server, at) => post(agent, server.port, path, { Cookie: officers[at].cookie, 'X-GX-Token': officers[at].token }, { outcome: 'done', data: {} })));
    const good = both.filter((answer) => answer.status < 300).length;
    assert.equal(good, 1, both.map((answer) => `${answer.status} ${answer.text}`).join('\n'));
  }
  agent.destroy();
});

test('a listener on one server hears what happens on the other', { timeout: 60000 }, async () => {
  const person = await signIn(servers[0], 'company');
  const cut = new AbortController();
  const stream = await fetch(`${servers[1].url}/api/v1/events`, { headers: { Cookie: person.cookie }, signal: cut.signal });
  assert.equal(stream.status, 200);
  const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
  const made = await person.post('/api/v1/cases', { matter: 'TUT', data: {} });
  assert.equal(made.status, 201);
  let heard = '';
  while (!/event: /.test(heard)) heard += (await reader.read()).value;
  cut.abort();
});

test('what falls due is done once, by whoever lives', { timeout: 60000 }, async () => {
  // Mail that is to leave the house: two hundred at once, while one of the two servers dies.
  const now = Date.now();
  database.sql(`INSERT INTO outbox (channel, receiver, event, parts, not_before) SELECT 'sms', 'r' || n, 'case.accepted', '[]', ${now} FROM generate_series(1, 200) n`);
  database.sql("NOTIFY gaoxing, 'test public wake'");
  await pause(30);
  await servers[1].kill('SIGKILL');
  for (let i = 0; i < 40 && database.sql('SELECT count(*) FROM outbox WHERE sent_at IS NULL')[0] !== '0'; i++) await pause(250);
  assert.deepEqual(database.sql("SELECT count(*), min(attempts), max(attempts) FROM outbox WHERE receiver LIKE 'r%' AND sent_at IS NOT NULL"), ['200|1|1']);
  servers[1] = await start();
});

test(`${kills} kills of one of two lose no answered case and make none twice (seed ${seed})`, { timeout: 300000 }, async () => {
  const random = randomFrom(seed);
  const person = await signIn(servers[0], 'company');
  const headers = { Cookie: person.cookie, 'X-GX-Token': person.token };
  const before = Number(database.sql('SELECT count(*) FROM cases')[0]);
  const answers = new Map(); // key -> the answer's text
  let next = 0;
  let again = 0;
  let isRunning = true;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });

  // A client keeps its key until it has an answer, at whichever server.
  const work = async () => {
    while (isRunning) {
      const key = `key-${next++}`;
      for (let tries = 0; ; tries++) {
        const server = servers[Math.floor(random() * 2)];
        const answer = await post(agent, server.port, '/api/v1/cases', { ...headers, 'Idempotency-Key': key }, { matter: 'TUT', data: {} });
        if (answer && answer.status !== 503) {
          assert.equal(answer.status, 201, answer.text);
          answers.set(key, answer.text);
          break;
        }
        again++;
        await pause(5);
      }
    }
  };
  const loads = Array.from({ length: 8 }, work);
  for (let round = 0; round < kills; round++) {
    await pause(20 + random() * 120);
    const at = Math.floor(random() * 2);
    await servers[at].kill('SIGKILL');
    servers[at] = await start();
  }
  isRunning = false;
  await Promise.all(loads);
  agent.destroy();

  const answered = [...answers.values()].map((text) => JSON.parse(text).number).sort();
  assert.equal(new Set(answered).size, answered.length, 'each key has a case of its own');
  const stored = database.sql('SELECT number FROM cases').sort();
  console.log(`# ${answered.length} answered, ${again} sent again, ${stored.length - before} stored`);
  const kept = new Set(stored);
  assert.deepEqual(answered.filter((number) => !kept.has(number)), [], 'answered, but not there');
  assert.equal(stored.length - before, answered.length, 'made twice');
  const bad = database.sql('SELECT c.number FROM cases c LEFT JOIN journal j ON j.case_id = c.id LEFT JOIN instance i ON i.id = c.id * 4096 WHERE j.id IS NULL OR i.id IS NULL');
  assert.deepEqual(bad, [], 'a case without its journal or record');
});

test('a lost connection is 503 and then mends', { timeout: 60000 }, async () => {
  const person = await signIn(servers[0], 'company');
  const headers = { Cookie: person.cookie, 'X-GX-Token': person.token };
  const agent = new Agent({ keepAlive: true });
  const seen = new Set();
  for (let i = 0; i < 60; i++) {
    if (i === 5) database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gaoxing'");
    const answer = await post(agent, servers[0].port, '/api/v1/cases', headers, { matter: 'TUT', data: {} });
    seen.add(answer.status);
    if (i > 10 && answer.status === 201) break;
    await pause(20);
  }
  agent.destroy();
  assert.ok(seen.has(201) && [...seen].every((status) => status === 201 || status === 503), [...seen].join());
});

test('the audit chain of both servers is whole', () => {
  const chain = spawnSync(servers[0].child.spawnfile, ['audit', 'verify', '--data', folder, '--db', database.address], { encoding: 'utf8' });
  assert.equal(chain.status, 0, chain.stdout + chain.stderr);
});
