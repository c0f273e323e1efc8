// Connections to the database that are cut just before a COMMIT is heard, or after it was done and before its answer is: what was answered is there, what was in doubt is resolved
// by its key, nothing is done twice.
//   GX_CUTS=1000 GX_SEED=... python3 tests/postgres.py node --test tests/postgres/cuts.test.mjs
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { signIn, startServer } from '../api/support.mjs';
import { makeDatabase } from './support.mjs';

const cuts = Number(process.env.GX_CUTS ?? 300);
const seed = Number(process.env.GX_SEED ?? Date.now() % 1e9);
const port = 5499; // of a socket's name in a folder of our own, not of a network

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
const random = randomFrom(seed);

/**
 * Passes PostgreSQL's messages on and cuts a connection at some COMMITs of the writer: `plan()` says 'before' (the database never hears it), 'after' (it has committed; the answer
 * is lost) or nothing. The writer is who says "BEGIN" and no more.
 */
class Proxy {
  constructor(path, target, plan) {
    Object.assign(this, { target, plan, done: { before: 0, after: 0 } });
    this.server = createServer((client) => this.join(client));
    this.ready = new Promise((resolve) => this.server.listen(path, resolve));
  }

  join(client) {
    const database = createConnection(this.target);
    const names = new Map(); // of prepared statements -> their SQL
    let asked = Buffer.alloc(0);
    let isStarted = false;
    let isWriter = false;
    let waits = false; // for the answer to a COMMIT, to cut then
    const cut = (kind) => {
      this.done[kind]++;
      client.destroy();
      database.destroy();
    };
    client.on('data', (bytes) => {
      asked = Buffer.concat([asked, bytes]);
      let end = 0;
      for (;;) {
        const head = isStarted ? 1 : 0; // the first message has no kind
        if (asked.length < end + head + 4) break;
        const size = head + asked.readUInt32BE(end + head);
        if (asked.length < end + size) break;
        const message = asked.subarray(end, end + size);
        const texts = isStarted ? message.subarray(5).toString('latin1').split('\0', 2) : [];
        if (isStarted && message[0] === 0x50) names.set(texts[0], texts[1]); // Parse: name, SQL
        if (isStarted && message[0] === 0x42) { // Bind: portal, name
          const sql = names.get(texts[1]);
          isWriter ||= sql === 'BEGIN';
          if (isWriter && sql === 'COMMIT' && !waits) {
            const kind = this.plan();
            if (kind === 'before') return cut(kind); // what came before it in this chunk is not sent either
            waits = kind === 'after';
          }
        }
        isStarted = true;
        end += size;
      }
      database.write(asked.subarray(0, end));
      asked = asked.subarray(end);
    });
    database.on('data', (bytes) => {
      if (waits && bytes.includes('COMMIT\0')) return cut('after');
      client.write(bytes);
    });
    for (const [one, other] of [[client, database], [database, client]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }
}

let database;
let folder;
let proxy;
let server;
let isCutting = false;
before(async () => {
  database = makeDatabase(`cuts_${process.pid}`);
  folder = mkdtempSync(join(tmpdir(), 'gaoxing-cuts-'));
  const target = join(process.env.GX_TEST_POSTGRES.match(/host=(\S+)/)[1], '.s.PGSQL.5432');
  const plan = () => (isCutting && random() < 0.4 ? (random() < 0.5 ? 'before' : 'after') : undefined);
  proxy = new Proxy(join(folder, `.s.PGSQL.${port}`), target, plan);
  await proxy.ready;
  server = await startServer({ folder, args: ['--db', `host=${folder} port=${port} user=gaoxing dbname=${database.name}`] });
});
after(async () => {
  await server?.stop({ keep: true });
  proxy?.server.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
  database?.drop();
});

test(`${cuts} cuts around a COMMIT lose no answered case and make none twice (seed ${seed})`, { timeout: 120000 }, async () => {
  const person = await signIn(server, 'company');
  const answers = new Map(); // key -> number
  const numbers = new Map(); // every answer to a key, also to a repeat
  let next = 0;
  let again = 0;
  const total = () => proxy.done.before + proxy.done.after;
  const work = async () => {
    while (total() < cuts) {
      const key = `cut-${next++}`;
      for (;;) {
        const answer = await person.post('/api/v1/cases', { matter: 'TUT', data: {} }, { 'Idempotency-Key': key });
        if (answer.status === 201) {
          answers.set(key, answer.body.number);
          break;
        }
        assert.equal(answer.status, 503, JSON.stringify(answer.body));
        assert.equal(answer.body.code, 'db.lost', JSON.stringify(answer.body));
        again++;
      }
      if (random() < 0.1) { // and once more, as a client does that has lost the answer
        const repeat = await person.post('/api/v1/cases', { matter: 'TUT', data: {} }, { 'Idempotency-Key': key });
        if (repeat.status === 201) numbers.set(key, repeat.body.number);
      }
    }
  };
  isCutting = true;
  const begun = Date.now();
  await Promise.all(Array.from({ length: 4 }, work));
  isCutting = false;
  console.log(`# ${proxy.done.before} cuts before, ${proxy.done.after} after; ${answers.size} cases, ${again} sent again, ${Date.now() - begun} ms`);
  const answered = [...answers.values()].sort();
  assert.equal(new Set(answered).size, answered.length, 'each key has a case of its own');
  for (const [key, number] of numbers) assert.equal(number, answers.get(key), 'a repeat has the same answer');
  assert.deepEqual(database.sql('SELECT number FROM cases').sort(), answered, 'stored is what was answered');
  const bad = database.sql('SELECT c.number FROM cases c LEFT JOIN journal j ON j.case_id = c.id LEFT JOIN instance i ON i.id = c.id * 4096 LEFT JOIN task t ON t.case_id = c.id GROUP BY c.number HAVING count(DISTINCT j.id) <> 1 OR count(DISTINCT i.id) <> 1 OR count(DISTINCT t.id) <> 1');
  assert.deepEqual(bad, [], 'a case without its journal, record and task, or with two');
  assert.ok(proxy.done.before > 0 && proxy.done.after > 0);
});
