// kill -9 with load running, again and again: what was answered is there, and what is sent again under its key acts once.
//   GX_KILLS=200 GX_SEED=... node --test tests/api/kill.test.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { after, test } from 'node:test';
import { client, signIn, startServer } from './support.mjs';

const kills = Number(process.env.GX_KILLS ?? 200);
const seed = Number(process.env.GX_SEED ?? Date.now() % 1e9);
const clients = 8;

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

let server;
let folder;
after(async () => {
  if (server?.child.exitCode === null) await server.stop({ keep: true });
  if (folder) rmSync(folder, { recursive: true, force: true });
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

test(`${kills} kills lose no answered case and make none twice (seed ${seed})`, { timeout: 600000 }, async () => {
  const random = randomFrom(seed);
  server = await startServer();
  folder = server.folder;
  const person = await signIn(server, 'company');
  const headers = { Cookie: person.cookie, 'X-GX-Token': person.token };
  const answers = new Map(); // key -> the answer's text
  const open = []; // keys that were sent and not answered
  let next = 0;
  let again = 0;
  let isRunning = true;

  const work = async (agent) => {
    while (isRunning) {
      const resent = open.pop();
      const key = resent ?? `key-${next++}`;
      if (resent !== undefined) again++;
      const answer = await post(agent, server.port, '/api/v1/cases', { ...headers, 'Idempotency-Key': key }, { matter: 'TUT', data: {} });
      if (!answer) {
        open.push(key);
        return;
      }
      assert.equal(answer.status, 201, answer.text);
      answers.set(key, answer.text);
    }
  };

  for (let round = 0; round <= kills; round++) {
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    isRunning = true;
    const loads = Array.from({ length: clients }, () => work(agent));
    if (round < kills) {
      await new Promise((resolve) => setTimeout(resolve, 2 + random() * 60));
      await server.kill('SIGKILL');
      isRunning = false;
    } else {
      while (open.length) await new Promise((resolve) => setTimeout(resolve, 10));
      isRunning = false;
    }
    await Promise.all(loads);
    agent.destroy();
    if (round < kills) server = await startServer({ folder });
  }

  // Some of what was answered is asked for once more: the same bytes.
  const agent = new Agent({ keepAlive: true });
  const known = [...answers.keys()];
  for (let i = 0; i < 50; i++) {
    const key = known[Math.floor(random() * known.length)];
    const answer = await post(agent, server.port, '/api/v1/cases', { ...headers, 'Idempotency-Key': key }, { matter: 'TUT', data: {} });
    assert.equal(answer.text, answers.get(key));
  }
  agent.destroy();

  const answered = [...answers.values()].map((text) => JSON.parse(text).number).sort();
  assert.equal(new Set(answered).size, answered.length, 'each key has a case of its own');
  const stored = [];
  for (let after = ''; after !== null; ) {
    const { status, body } = await client(server, headers).get(`/api/v1/cases?scope=mine&after=${after}&size=200`);
    assert.equal(status, 200);
    stored.push(...body.items.map((row) => row.number));
    after = body.next; // the total stops counting at a thousand
  }
  console.log(`# ${answered.length} answered, ${again} sent again, ${stored.length} stored`);
  const lost = answered.filter((number) => !stored.includes(number));
  assert.deepEqual(lost, [], 'answered, but not there');
  assert.equal(stored.length, answered.length, 'made twice');

  await server.stop({ keep: true });
  const chain = spawnSync(server.child.spawnfile, ['audit', 'verify', '--data', folder], { encoding: 'utf8' });
  assert.equal(chain.status, 0, chain.stdout + chain.stderr);
});
